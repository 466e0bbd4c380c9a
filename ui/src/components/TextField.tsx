import { Input } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import type { ComponentPropsWithRef, ReactNode } from 'react'
import css from './control.module.css'
import { Field, type FieldFrame } from './Field'

interface Props extends FieldFrame, Omit<ComponentPropsWithRef<'input'>, 'size' | 'className'> {
  /** 34, 36, 40 or 44 high. */
  size?: 'sm' | 'md' | 'lg' | 'xl'
  /** Checked and right: a green tick at the right end. */
  ok?: boolean
  /** At the right end, inside the border. */
  inside?: ReactNode
  /** Numbers stand at the right. */
  numeric?: boolean
}

/** One line of text. */
export function TextField({
  label,
  hint,
  error,
  aside,
  bare,
  className,
  size = 'md',
  ok = false,
  inside,
  numeric = false,
  ...rest
}: Props) {
  const tick = ok && !error ? <IconCheck size={16} stroke={2} className={css.ok} aria-hidden /> : undefined
  return (
    <Field label={label} hint={hint} error={error} aside={aside} bare={bare} className={className}>
      {(ties) => (
        <Input
          unstyled
          {...ties}
          // Mantine sets `aria-invalid` from this, whatever it was handed.
          error={Boolean(error)}
          autoComplete="off"
          spellCheck={false}
          classNames={{
            wrapper: css.wrapper,
            input: `${css.control} ${css[size]} ${numeric ? css.numeric : ''}`,
            section: css.section,
          }}
          rightSection={inside ?? tick}
          rightSectionPointerEvents={inside ? 'all' : 'none'}
          {...rest}
        />
      )}
    </Field>
  )
}
