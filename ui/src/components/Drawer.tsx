import { Drawer as MantineDrawer } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import { IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type Combination, type KeyBindings, useKeys } from '@/lib/keys'
import css from './Drawer.module.css'
import { FocusFirst } from './FocusFirst'
import { IconButton } from './IconButton'
import { KeyHint } from './KeyHint'

interface Props {
  icon: Icon
  title: ReactNode
  /** Second line of the head: the TTN. */
  subtitle?: ReactNode
  /** Key that opened it, shown in the head. */
  keyHint?: Combination
  onClose: () => void
  keys?: KeyBindings
  /** Stays above the foot while the body scrolls: the outcome. */
  pinned?: ReactNode
  /** Buttons; the first goes to the left edge, the primary last. */
  foot: ReactNode
  children: ReactNode
}

/** 452 wide from the right over a scrim. Holds the focus and hears all keys. Mount it to open it. */
export function Drawer({
  icon: IconOf,
  title,
  subtitle,
  keyHint,
  onClose,
  keys,
  pinned,
  foot,
  children,
}: Props) {
  const { t } = useTranslation()
  useKeys('overlay', { Escape: onClose, ...keys })
  return (
    <MantineDrawer.Root
      opened
      onClose={onClose}
      closeOnEscape={false}
      position="right"
      size={452}
      transitionProps={{ duration: 0 }}
      zIndex={320}
      classNames={{ overlay: css.scrim, content: css.drawer, title: css.title }}
    >
      <MantineDrawer.Overlay />
      <MantineDrawer.Content radius={0}>
        <header className={css.head}>
          <IconOf size={22} stroke={1.8} aria-hidden />
          <div className={css.names}>
            <MantineDrawer.Title>{title}</MantineDrawer.Title>
            {subtitle}
          </div>
          {keyHint && <KeyHint keys={keyHint} />}
          <IconButton icon={IconX} label={t('close')} onClick={onClose} />
        </header>
        <div className={css.body}>{children}</div>
        {pinned && <div className={css.pinned}>{pinned}</div>}
        <footer className={css.foot}>{foot}</footer>
        <FocusFirst />
      </MantineDrawer.Content>
    </MantineDrawer.Root>
  )
}
