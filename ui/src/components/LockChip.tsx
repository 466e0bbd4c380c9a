import { IconLock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNow } from '@/lib/clock'
import { age, NO_BREAK } from '@/lib/format'
import css from './LockChip.module.css'

interface Props {
  purpose: 'edit_place' | 'command'
  /** Unix ms by the server's clock. */
  since: number
  /** Wide grids name the station too. */
  station?: string
}

/** Somebody is editing: what and for how long. The age counts up in place and its width is fixed. */
export function LockChip({ purpose, since, station }: Props) {
  const { t } = useTranslation()
  const now = useNow()
  const doing = t(purpose === 'edit_place' ? 'lock.editing' : 'lock.command')
  const words = station ? [t('lock.station', { station }), doing] : [doing]
  return (
    <span className={css.chip}>
      <IconLock size={13} stroke={2} aria-hidden />
      {words.join(' · ')}
      {`${NO_BREAK}·${NO_BREAK}`}
      {age(now - since)}
    </span>
  )
}
