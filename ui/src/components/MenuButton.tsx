import { Menu } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactElement, ReactNode } from 'react'
import type { Combination } from '@/lib/keys'
import { KeyHint } from './KeyHint'
import css from './MenuButton.module.css'

export interface MenuEntry {
  id: string
  label: string
  icon?: Icon
  keys?: Combination
  danger?: boolean
  /** Why it cannot be done now; the entry stays visible with the reason under it. */
  refusal?: string
  onPress: () => void
}

interface Props {
  /** The button that opens it. */
  target: ReactElement
  entries?: readonly MenuEntry[]
  /** Free content instead of, or above, entries. */
  children?: ReactNode
  position?: 'bottom-end' | 'bottom-start' | 'right-end'
  width?: number
}

/** A button with a list of acts. Refused acts stay in sight with their reason. */
export function MenuButton({ target, entries = [], children, position = 'bottom-end', width = 240 }: Props) {
  return (
    <Menu
      position={position}
      width={width}
      transitionProps={{ duration: 0 }}
      offset={6}
      classNames={{ dropdown: css.menu, item: css.item }}
    >
      <Menu.Target>{target}</Menu.Target>
      {/* Esc closes the menu and nothing else: the screen behind must not hear it. */}
      <Menu.Dropdown onKeyDown={(event) => event.code === 'Escape' && event.preventDefault()}>
        {children}
        {entries.map(({ id, label, icon: IconOf, keys, danger, refusal, onPress }) => (
          <Menu.Item
            key={id}
            onClick={refusal ? undefined : onPress}
            aria-disabled={refusal ? true : undefined}
            closeMenuOnClick={!refusal}
            data-refused={refusal ? true : undefined}
            data-danger={danger || undefined}
            leftSection={IconOf && <IconOf size={16} stroke={1.8} aria-hidden />}
            rightSection={keys && <KeyHint keys={keys} />}
          >
            {label}
            {refusal && <span className={css.why}>{refusal}</span>}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
