import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { StatusView } from './statusIcon'
import css from './Timeline.module.css'

interface ItemProps {
  icon: Icon
  /** Colours of the circle; absent: neutral. */
  tone?: StatusView
  title: ReactNode
  meta?: ReactNode
  /** At the right. */
  time: ReactNode
}

/** The items of a history, newest first, joined by a line. */
export function Timeline({ children, label }: { children: ReactNode; label: string }) {
  return (
    <ol className={css.timeline} aria-label={label}>
      {children}
    </ol>
  )
}

/** One thing that happened. */
export function TimelineItem({ icon: IconOf, tone, title, meta, time }: ItemProps) {
  const colours = tone && {
    color: `var(--${tone})`,
    background: `var(--${tone}-bg)`,
    borderColor: 'transparent',
  }
  return (
    <li className={css.item}>
      <span className={css.circle} style={colours}>
        <IconOf size={14} stroke={1.9} aria-hidden />
      </span>
      <div className={css.words}>
        <p className={css.title}>{title}</p>
        {meta && <p className={css.meta}>{meta}</p>}
      </div>
      <time className={css.time}>{time}</time>
    </li>
  )
}
