import { useTranslation } from 'react-i18next'
import css from './StatusChip.module.css'
import { type StatusView, statusIcon } from './statusIcon'

interface Props {
  status: StatusView
  /** `bare` (grids): coloured icon and word only. `filled` (preview, page head, before → after pairs). */
  look?: 'bare' | 'filled'
  /** `lg`: 28 high, 14 px, for a preview or page head. */
  size?: 'md' | 'lg'
}

/** A status as icon, word and colour. */
export function StatusChip({ status, look = 'filled', size = 'md' }: Props) {
  const { t } = useTranslation()
  const Icon = statusIcon[status]
  return (
    <span className={`${css.chip} ${css[look]} ${css[size]}`} data-status={status}>
      <Icon size={size === 'lg' ? 18 : 16} stroke={1.8} aria-hidden />
      {t(`status.${status}`)}
    </span>
  )
}
