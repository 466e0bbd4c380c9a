import { Button as MantineButton } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ComponentPropsWithRef } from 'react'
import type { Combination } from '@/lib/keys'
import css from './Button.module.css'
import { KeyHint } from './KeyHint'

/**
 * `primary` once per view; `soft` for a preview's main act; `plain` with a border; `ghost` without; `danger` red text (with
 * `outlined` a plain border); `lock` filled, for asking the holder of a lock.
 */
export type ButtonLook = 'primary' | 'soft' | 'plain' | 'ghost' | 'danger' | 'lock'

interface Props extends Omit<ComponentPropsWithRef<'button'>, 'color'> {
  look?: ButtonLook
  /** 30, 32, 40 or 48 high. */
  size?: 'sm' | 'md' | 'lg' | 'xl'
  icon?: Icon
  /** The key that does the same, shown at the right. Binding it is the screen's work (`useKeys`). */
  keys?: Combination
  outlined?: boolean
  /** Busy: cannot be pressed; say in words what goes on by changing the children. */
  busy?: boolean
  fullWidth?: boolean
}

/** A button with its icon, word and key. */
export function Button({
  look = 'plain',
  size = 'md',
  icon: IconOf,
  keys,
  outlined = false,
  busy = false,
  children,
  className,
  disabled,
  fullWidth = false,
  ...rest
}: Props) {
  const on = look === 'primary' ? 'btn' : look === 'lock' ? 'lock' : 'surface'
  return (
    <MantineButton
      unstyled
      type="button"
      className={`${css.button} ${css[look]} ${css[size]} ${className ?? ''}`}
      classNames={{ inner: css.inner, label: css.label }}
      data-outlined={outlined || undefined}
      data-full-width={fullWidth || undefined}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {IconOf && <IconOf size={size === 'xl' ? 18 : 16} stroke={1.8} aria-hidden />}
      {children}
      {keys && <KeyHint keys={keys} on={on} />}
    </MantineButton>
  )
}
