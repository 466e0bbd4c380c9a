import { IconAlertTriangle } from '@tabler/icons-react'
import { type ReactNode, useId } from 'react'
import css from './Field.module.css'

export interface FieldFrame {
  label: ReactNode
  /** Shown under the control while there is no error. */
  hint?: ReactNode
  /** Replaces the hint; also marks the control. */
  error?: ReactNode
  /** Right end of the label line: a memory mark, a key. */
  aside?: ReactNode
  /** Leaves out the reserved 16 px line (rows where nothing can be wrong). */
  bare?: boolean
  className?: string
}

interface Props extends FieldFrame {
  /** Draws the control; gets the ids that tie label, hint and error to it. */
  children: (ties: {
    id: string
    'aria-describedby': string | undefined
    'aria-invalid': true | undefined
  }) => ReactNode
}

/** Label, control, and a 16 px line that is always reserved, so that nothing jumps when an error comes. */
export function Field({ label, hint, error, aside, bare = false, className, children }: Props) {
  const id = useId()
  const lineId = `${id}-line`
  const line = error ?? hint
  return (
    <div className={`${css.field} ${className ?? ''}`}>
      <div className={css.head}>
        <label htmlFor={id} className={css.label}>
          {label}
        </label>
        {aside}
      </div>
      {children({
        id,
        'aria-describedby': line ? lineId : undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {!bare && (
        <p id={lineId} className={error ? css.error : css.hint} aria-live="polite">
          {error && <IconAlertTriangle size={15} stroke={1.8} aria-hidden />}
          {line}
        </p>
      )}
    </div>
  )
}
