import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import css from './Panel.module.css'

interface Props {
  icon?: Icon
  title?: ReactNode
  /** Beside the title, weaker. */
  note?: ReactNode
  /** Right end of the head. */
  aside?: ReactNode
  /** Under the body, on `sub`: totals. */
  foot?: ReactNode
  /** No padding around the children: lists and tables with their own. */
  flush?: boolean
  className?: string
  children?: ReactNode
}

/** A white sheet with a border, a head when it has a title, and a foot when it has totals. */
export function Panel({ icon: IconOf, title, note, aside, foot, flush = false, className, children }: Props) {
  return (
    <section className={`${css.panel} ${className ?? ''}`}>
      {title && (
        <header className={css.head}>
          {IconOf && <IconOf size={16} stroke={1.7} aria-hidden />}
          <h2 className={css.title}>{title}</h2>
          {note && <span className={css.note}>{note}</span>}
          {aside && <div className={css.aside}>{aside}</div>}
        </header>
      )}
      <div className={flush ? css.flush : css.body}>{children}</div>
      {foot && <footer className={css.foot}>{foot}</footer>}
    </section>
  )
}
