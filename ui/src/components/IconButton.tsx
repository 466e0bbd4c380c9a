import { ActionIcon } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ComponentPropsWithRef } from 'react'
import css from './IconButton.module.css'

interface Props extends Omit<ComponentPropsWithRef<'button'>, 'color'> {
  icon: Icon
  /** What it does, read out and shown as the browser's own hint. */
  label: string
}

/** A 28 × 28 button with nothing but an icon, for what also has a key or a menu entry. */
export function IconButton({ icon: IconOf, label, className, ...rest }: Props) {
  return (
    <ActionIcon
      unstyled
      type="button"
      aria-label={label}
      title={label}
      className={`${css.button} ${className ?? ''}`}
      {...rest}
    >
      <IconOf size={16} stroke={1.8} aria-hidden />
    </ActionIcon>
  )
}
