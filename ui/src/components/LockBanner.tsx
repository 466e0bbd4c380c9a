import { IconLock } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import css from './LockBanner.module.css'

interface Props {
  /** "‹who›, Station 3, since 14:02:10 · editing place". */
  title: ReactNode
  /** What still works meanwhile, one line. */
  text: ReactNode
  /** Buttons at the right. */
  children?: ReactNode
  /** The lock is this session's own: 44 high, one line. */
  mine?: boolean
}

/** The band under a page head that says who is editing. */
export function LockBanner({ title, text, children, mine = false }: Props) {
  return (
    <section className={css.banner} data-mine={mine || undefined} role="status">
      <span className={css.mark}>
        <IconLock size={mine ? 16 : 20} stroke={1.9} aria-hidden />
      </span>
      <div className={css.words}>
        <p className={css.title}>{title}</p>
        <p className={css.text}>{text}</p>
      </div>
      {children && <div className={css.acts}>{children}</div>}
    </section>
  )
}
