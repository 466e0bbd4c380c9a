import { IconArrowBackUp, IconCheck, IconPencil, IconPhoneCall, IconSend } from '@tabler/icons-react'
import { type RefObject, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { MessageActsState } from '@/lib/useMessageActs'
import { Button } from './Button'
import { ConfirmDialog } from './ConfirmDialog'
import css from './MessageActs.module.css'
import { TextField } from './TextField'
import { Ttn } from './Ttn'

/** The recipient's number, and what a person can do about a message that did not get there. What cannot be done says why. */
export function MessageActs({ acts, ttn }: { acts: MessageActsState; ttn: string }) {
  const { t } = useTranslation('messages')
  const field = useRef<HTMLInputElement>(null)
  const { busy, isNew, refusals } = acts
  const resending = isNew ? refusals.correct_number : refusals.resend
  // Mostly one reason stands against all of them.
  const reasons = new Set([resending, refusals.correct_number, refusals.mark_told].filter(Boolean))
  return (
    <div className={css.acts}>
      {!acts.closed && <NumberField acts={acts} field={field} />}
      <div className={css.buttons}>
        <Button
          look="primary"
          icon={IconSend}
          keys="F9"
          busy={busy === 'send'}
          disabled={resending !== undefined || busy !== undefined || !acts.canSend}
          onClick={(event) => {
            // Done or under way, the button cannot be pressed: the keys belong to the list again.
            event.currentTarget.blur()
            acts.send()
          }}
          data-testid="message-resend"
        >
          {busy === 'send' ? t('act.sending') : t(isNew ? 'act.sendToNew' : 'act.resend')}
        </Button>
        <Button
          icon={isNew ? IconArrowBackUp : IconPencil}
          disabled={refusals.correct_number !== undefined || busy !== undefined}
          onClick={() => {
            if (isNew) acts.keepOld()
            field.current?.focus()
            field.current?.select()
          }}
          data-testid="message-other-number"
        >
          {t(isNew ? 'act.oldNumber' : 'act.number')}
        </Button>
        <Button
          icon={IconPhoneCall}
          disabled={refusals.mark_told !== undefined || busy !== undefined}
          onClick={acts.askTold}
          data-testid="message-told"
        >
          {t('act.told')}
        </Button>
      </div>
      {[...reasons].map((reason) => (
        <p key={reason} className={css.why}>
          {reason}
        </p>
      ))}
      {acts.problem && !acts.asking && (
        <p className={css.problem} role="alert" data-testid="message-problem">
          {acts.problem}
        </p>
      )}
      {acts.asking === 'resend' && (
        <ConfirmDialog
          title={t('ask.resend')}
          act={t('act.resend')}
          problem={acts.problem}
          busy={busy !== undefined}
          onConfirm={acts.confirm}
          onClose={acts.close}
        >
          <p>
            <Ttn value={ttn} size="line" />
          </p>
          <p>{t('ask.resendText')}</p>
        </ConfirmDialog>
      )}
      {acts.asking === 'told' && (
        <ConfirmDialog
          title={t('ask.told')}
          act={t('ask.toldAct')}
          problem={acts.problem}
          busy={busy !== undefined}
          onConfirm={acts.confirm}
          onClose={acts.close}
        >
          <p>
            <Ttn value={ttn} size="line" />
          </p>
          <p>{t('ask.toldText')}</p>
        </ConfirmDialog>
      )}
    </div>
  )
}

function NumberField({ acts, field }: { acts: MessageActsState; field: RefObject<HTMLInputElement | null> }) {
  const { t } = useTranslation('messages')
  return (
    <TextField
      ref={field}
      label={t('number')}
      type="tel"
      value={acts.phone}
      error={acts.phoneError}
      hint={acts.isNew ? t('numberStays') : undefined}
      ok={acts.canSend}
      inside={
        acts.canSend && (
          <span className={css.mobile}>
            <IconCheck size={15} stroke={2} aria-hidden /> {t('mobile')}
          </span>
        )
      }
      onChange={(event) => acts.setPhone(event.target.value)}
      onKeyDown={(event) => {
        if (event.code !== 'Escape') return
        event.preventDefault()
        acts.keepOld()
        event.currentTarget.blur()
      }}
      data-testid="message-phone"
    />
  )
}
