import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type KeyBindings, useKeys } from '@/lib/keys'
import css from './Dialog.module.css'
import { FocusFirst } from './FocusFirst'

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
      classNames={{
        overlay: css.scrim,
        content: css.dialog,
        header: css.head,
        title: css.title,
        close: css.close,
        body: css.body,
      }}
    >
      <Modal.Overlay />
      <Modal.Content radius={12}>
        <Modal.Header>
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t('close')} />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
        {foot && <footer className={css.foot}>{foot}</footer>}
        <FocusFirst />
      </Modal.Content>
    </Modal.Root>
  )
}
