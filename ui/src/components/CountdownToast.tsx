import type { ReactNode } from 'react'
import css from './CountdownToast.module.css'
import type { StatusView } from './statusIcon'

interface Props {
  /** Colour of the edge and the ring. */
  tone: StatusView
  title: string
  text: string
  /** Seconds left of `of`. */
  seconds: number
  of: number
  /** Two buttons. */
  children: ReactNode
  testId?: string
}

const AROUND = 2 * Math.PI * 25

/**
 * A question with a time limit, bottom left, so that it never covers a drawer. The ring steps once a second. It never takes the
 * focus, not even when one of its buttons is pressed: whoever types goes on typing. Title and text are read out once, not the
 * seconds.
 */
export function CountdownToast({ tone, title, text, seconds, of, children, testId }: Props) {
  const left = Math.max(0, Math.min(1, seconds / of))
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only keeps the focus where it is
    <div
      className={css.toast}
      style={{ '--tone': `var(--${tone})` } as React.CSSProperties}
      data-testid={testId}
      onMouseDown={(event) => event.preventDefault()}
    >
      <div className={css.ring} role="timer" aria-live="off">
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
        <div role="alert">
          <p className={css.title}>{title}</p>
          <p className={css.text}>{text}</p>
        </div>
        <div className={css.acts}>{children}</div>
      </div>
    </div>
  )
}
