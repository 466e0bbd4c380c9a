import { type Combination, keyLabel } from '@/lib/keys'
import css from './KeyHint.module.css'

interface Props {
  /** As bound with `useKeys`: `F6`, `Ctrl+Enter`, `Ctrl+KeyD`. */
  keys: Combination
  /** What it stands on: a panel, the primary button, the ink frame, a filled lock button. */
  on?: 'surface' | 'btn' | 'frame' | 'lock'
}

/** The key of an action, right of its word. */
export function KeyHint({ keys, on = 'surface' }: Props) {
  return (
    <kbd className={css.key} data-on={on}>
      {keyLabel(keys)}
    </kbd>
  )
}
