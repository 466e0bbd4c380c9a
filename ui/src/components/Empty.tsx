import type { ReactNode } from 'react'
import type { Combination } from '@/lib/keys'
import css from './Empty.module.css'
import { KeyHint } from './KeyHint'
import { ParcelDrawing } from './ParcelDrawing'

interface Props {
  title: ReactNode
  text?: ReactNode
  /** Up to three keys with what they do. Each is a button too. */
  keys?: readonly { keys: Combination; label: string; onPress: () => void }[]
}

/** Nothing to show: one sentence and the next keys. */
export function Empty({ title, text, keys = [] }: Props) {
  return (
    <div className={css.empty} data-testid="empty">
      <ParcelDrawing />
      <h2 className={css.title}>{title}</h2>
      {text && <p className={css.text}>{text}</p>}
      <ul className={css.keys}>
        {keys.map((entry) => (
          <li key={entry.keys}>
            <button type="button" className={css.key} onClick={entry.onPress}>
              <span className={css.hint}>
                <KeyHint keys={entry.keys} />
              </span>
              {entry.label}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
