import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type KeyBindings, useKeys } from '@/lib/keys'
import css from './Dialog.module.css'

interface Props {
  title: ReactNode
  onClose: () => void
  /** Further keys while the dialog is open (Esc closes already). */
  keys?: KeyBindings
  /** Buttons, right-aligned; the primary last. */
  foot?: ReactNode
  width?: number
  children: ReactNode
}

/** A question over the work. Holds the focus and hears all keys until it is closed. Mount it to open it. */
export function Dialog({ title, onClose, keys, foot, width = 460, children }: Props) {
  const { t } = useTranslation()
  useKeys('overlay', { Escape: onClose, ...keys })
  return (
    <Modal.Root
      opened
      onClose={onClose}
      closeOnEscape={false}
      centered
      size={width}
      transitionProps={{ duration: 0 }}
      zIndex={350}
    >
      <Modal.Overlay className={css.scrim} backgroundOpacity={1} />
      <Modal.Content className={css.dialog} radius={12}>
        <Modal.Header className={css.head}>
          <Modal.Title className={css.title}>{title}</Modal.Title>
          <Modal.CloseButton className={css.close} aria-label={t('close')} />
        </Modal.Header>
        <Modal.Body className={css.body}>{children}</Modal.Body>
        {foot && <footer className={css.foot}>{foot}</footer>}
      </Modal.Content>
    </Modal.Root>
  )
}
