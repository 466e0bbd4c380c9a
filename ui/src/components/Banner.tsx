import { IconAlertTriangle, IconClock, IconCloudOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import css from './Banner.module.css'

interface Props {
  kind: 'offline' | 'problem' | 'waiting'
  /** What is *not* saved, first. */
  title: ReactNode
  /** Why. */
  text?: ReactNode
  /** One button (two at most). */
  children?: ReactNode
}

const icons = { offline: IconCloudOff, problem: IconAlertTriangle, waiting: IconClock }

/** A band over the paper's width. */
export function Banner({ kind, title, text, children }: Props) {
  const Icon = icons[kind]
  return (
    <section className={css.banner} data-kind={kind} data-testid={`banner-${kind}`} role="alert">
      <Icon size={20} stroke={1.8} aria-hidden />
      <div className={css.words}>
        <p className={css.title}>{title}</p>
        {text && <p className={css.text}>{text}</p>}
      </div>
      {children && <div className={css.acts}>{children}</div>}
    </section>
  )
}
