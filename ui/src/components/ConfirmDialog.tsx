import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './Button'
import css from './ConfirmDialog.module.css'
import { Dialog } from './Dialog'
import { TextArea } from './TextArea'

interface Props {
  title: ReactNode
  /** What will happen, with the TTN and the chips before → after. */
  children: ReactNode
  /** Word on the button that does it. */
  act: string
  /** Red word instead of the primary look. */
  danger?: boolean
  /** Asks for a reason; `required` refuses to go on without one. */
  reason?: 'none' | 'optional' | 'required'
  /** What the server said when it refused; the dialog stays open with what was typed. */
  problem?: ReactNode
  busy?: boolean
  onConfirm: (reason: string) => void
  onClose: () => void
}

/** Asks before something that cannot simply be taken back. Ctrl+Enter does it, Esc goes back. */
export function ConfirmDialog({
  title,
  children,
  act,
  danger = false,
  reason = 'none',
  problem,
  busy = false,
  onConfirm,
  onClose,
}: Props) {
  const { t } = useTranslation()
  const { t: tp } = useTranslation('problems')
  const [text, setText] = useState('')
  const [missing, setMissing] = useState(false)
  const confirm = () => {
    if (busy) return
    const given = text.trim()
    if (reason === 'required' && !given) return setMissing(true)
    onConfirm(given)
  }
  return (
    <Dialog
      title={title}
      onClose={onClose}
      keys={{ 'Ctrl+Enter': confirm }}
      foot={
        <>
          <Button look="ghost" keys="Escape" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button
            look={danger ? 'danger' : 'primary'}
            outlined={danger}
            keys="Ctrl+Enter"
            busy={busy}
            onClick={confirm}
            data-autofocus={reason === 'none' || undefined}
          >
            {act}
          </Button>
        </>
      }
    >
      <div className={css.words}>{children}</div>
      {reason !== 'none' && (
        <TextArea
          label={t('reason')}
          hint={t('reason.hint')}
          error={missing ? tp('reason_required') : undefined}
          rows={2}
          maxLength={200}
          value={text}
          data-autofocus
          onChange={(event) => {
            setText(event.target.value)
            setMissing(false)
          }}
        />
      )}
      {problem && (
        <p className={css.problem} role="alert">
          {problem}
        </p>
      )}
    </Dialog>
  )
}
