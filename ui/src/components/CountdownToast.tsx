import type { ReactNode } from 'react'
import css from './CountdownToast.module.css'
import type { StatusView } from './statusIcon'

interface Props {
  /** Colour of the edge and the ring. */
  tone: StatusView
  title: ReactNode
  text: ReactNode
  /** Seconds left of `of`. */
  seconds: number
  of: number
  /** Two buttons. */
  children: ReactNode
}

const AROUND = 2 * Math.PI * 25

/** A question with a time limit, bottom left, so that it never covers a drawer. The ring steps once a second. */
export function CountdownToast({ tone, title, text, seconds, of, children }: Props) {
  const left = Math.max(0, Math.min(1, seconds / of))
  return (
    <section
      className={css.toast}
      style={{ '--tone': `var(--${tone})` } as React.CSSProperties}
      role="alertdialog"
    >
      <div className={css.ring} role="timer">
        <svg width="60" height="60" viewBox="0 0 60 60" aria-hidden focusable="false">
          <circle cx="30" cy="30" r="25" stroke="var(--line-2)" strokeWidth="4" fill="none" />
          <circle
            cx="30"
            cy="30"
            r="25"
            stroke="var(--tone)"
            strokeWidth="4"
            fill="none"
            strokeDasharray={AROUND}
            strokeDashoffset={AROUND * (1 - left)}
            transform="rotate(-90 30 30)"
          />
        </svg>
        <span>{seconds}</span>
      </div>
      <div>
        <p className={css.title}>{title}</p>
        <p className={css.text}>{text}</p>
        <div className={css.acts}>{children}</div>
      </div>
    </section>
  )
}
