import { useTranslation } from 'react-i18next'
import { KeyHint } from '@/components/KeyHint'
import { useDelayed } from '@/lib/delayed'
import { heldCount } from '@/lib/heldKeys'
import { useStore } from '@/lib/store'
import css from './StatusBar.module.css'

/** Mostly they wait some milliseconds, which is nothing to be told. */
const SHOWN_AFTER_MS = 400

/** Keys that were pressed ahead of an answer, and the way to forget them. */
export function HeldKeys() {
  const { t } = useTranslation()
  const count = useStore(heldCount, (now) => now)
  const late = useDelayed(count > 0, SHOWN_AFTER_MS)
  if (!late) return null
  return (
    <li className={`${css.item} ${css.pending}`} role="status" data-testid="keys-waiting">
      {t('keys.wait', { count })} <KeyHint keys="Escape" on="frame" /> <KeyHint keys="Escape" on="frame" />{' '}
      {t('keys.forget')}
    </li>
  )
}
