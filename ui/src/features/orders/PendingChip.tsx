import { IconClock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import css from './PendingChip.module.css'

const KNOWN = [
  'orders.change_location',
  'orders.set_places',
  'orders.complete',
  'orders.cancel',
  'orders.delete',
  'orders.undo',
] as const

/** A change of this order that has no outcome yet. */
export function PendingChip({ method }: { method: string }) {
  const { t } = useTranslation('orders')
  const known = KNOWN.find((name) => name === method)
  return (
    <span className={css.chip}>
      <IconClock size={14} stroke={1.9} aria-hidden />
      {known ? t(`waiting.${known}`) : t('waiting.other')}
    </span>
  )
}
