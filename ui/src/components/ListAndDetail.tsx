import type { ReactNode } from 'react'
import css from './ListAndDetail.module.css'

interface Props {
  /** How wide the detail is. */
  side: 'narrow' | 'wide'
  /** Read out as the name of the detail. */
  label: string
  detail: ReactNode
  /** The list, and what stands under it. */
  children: ReactNode
}

/** A list and, beside it where there is room, what is chosen in it. */
export function ListAndDetail({ side, label, detail, children }: Props) {
  return (
    <div className={css.work} data-side={side}>
      <div className={css.list}>{children}</div>
      <aside className={css.side} aria-label={label}>
        {detail}
      </aside>
    </div>
  )
}
