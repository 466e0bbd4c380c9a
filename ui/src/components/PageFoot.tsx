import type { ReactNode } from 'react'
import css from './PageFoot.module.css'

/** The 60 px foot of a form: `start` at the left edge, what is missing and the primary at the right. */
export function PageFoot({ start, children }: { start?: ReactNode; children: ReactNode }) {
  return (
    <footer className={css.foot}>
      {start}
      <div className={css.end}>{children}</div>
    </footer>
  )
}
