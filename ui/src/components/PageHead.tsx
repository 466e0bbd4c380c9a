import type { ReactNode } from 'react'
import css from './PageHead.module.css'

interface Props {
  title: ReactNode
  /** Right of the title: search, steps, chips. */
  children?: ReactNode
  /** Right end: the primary button, a note. */
  aside?: ReactNode
  /** 52; the order page has 60. */
  tall?: boolean
}

/** The head of the paper. */
export function PageHead({ title, children, aside, tall = false }: Props) {
  return (
    <header className={css.head} data-tall={tall || undefined}>
      <h1 className={css.title}>{title}</h1>
      {children}
      {aside && <div className={css.aside}>{aside}</div>}
    </header>
  )
}
