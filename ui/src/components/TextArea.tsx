import type { ComponentPropsWithRef } from 'react'
import css from './control.module.css'
import { Field, type FieldFrame } from './Field'

interface Props extends FieldFrame, Omit<ComponentPropsWithRef<'textarea'>, 'className'> {}

/** Some lines of text. */
export function TextArea({ label, hint, error, aside, bare, className, ...rest }: Props) {
  return (
    <Field label={label} hint={hint} error={error} aside={aside} bare={bare} className={className}>
      {(ties) => <textarea {...ties} className={`${css.control} ${css.area}`} {...rest} />}
    </Field>
  )
}
