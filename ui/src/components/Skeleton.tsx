import { useTranslation } from 'react-i18next'
import { useDelayed } from '@/lib/delayed'
import css from './Skeleton.module.css'

interface Props {
  /** How many bars. */
  rows?: number
  /** Height of one row, with its gap. */
  rowHeight?: number
}

/** Grey bars where content will stand. Nothing for the first 150 ms, no shimmer. */
export function Skeleton({ rows = 6, rowHeight = 30 }: Props) {
  const { t } = useTranslation()
  const late = useDelayed(true)
  if (!late) return null
  return (
    <div role="status" aria-label={t('loading')}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike and never move
        <div key={row} className={css.row} style={{ height: rowHeight }}>
          <span style={{ width: `${72 - ((row * 13) % 34)}%` }} />
        </div>
      ))}
    </div>
  )
}
