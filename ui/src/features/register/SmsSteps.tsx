import { IconCheck, IconChecks, IconClock, IconQuestionMark, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { clockSeconds } from '@/lib/format'
import type { MessageView } from '@/protocol/protocol'
import css from './SmsSteps.module.css'

interface Props {
  message: MessageView | undefined
  /** When it was queued, for as long as the message itself is not here. */
  queuedAt: number
}

/** Where the SMS is: queued, taken, and how it ended. */
export function SmsSteps({ message, queuedAt }: Props) {
  const { t } = useTranslation('register')
  const state = message?.state ?? 'queued'
  const taken = message?.accepted_at
  const finished = message?.finished_at
  const end = state === 'failed' || state === 'unknown' ? state : 'delivered'
  const EndIcon = { delivered: IconChecks, failed: IconX, unknown: IconQuestionMark }[end]
  const ended = state === end
  const endLine = () => {
    if (end === 'failed') return t('sms.failedHint')
    if (end === 'unknown') return t('sms.unknownHint')
    if (finished !== undefined) return clockSeconds(finished)
    return taken === undefined ? '' : t('sms.waitsReport')
  }
  const takenLine = () => {
    if (taken !== undefined) return clockSeconds(taken)
    if (state !== 'queued' || !message || message.attempts === 0) return ended ? '' : t('sms.waitsGateway')
    const again = message.next_attempt_at
    const tries = t('sms.tries', { count: message.attempts })
    return again ? `${tries} · ${t('sms.retryAt', { time: clockSeconds(again) })}` : tries
  }
  // A report can come before the answer that the message was taken.
  const isTaken = taken !== undefined || state === 'delivered'
  return (
    <ol className={css.steps} data-state={state} data-testid="registered-sms-state">
      <li className={css.step} data-is={isTaken || ended ? 'done' : 'here'}>
        <span className={css.circle}>
          <IconClock size={16} stroke={1.9} aria-hidden />
        </span>
        <p className={css.word}>{t('sms.queued')}</p>
        <p className={css.time}>{clockSeconds(message?.queued_at ?? queuedAt)}</p>
      </li>
      <li className={css.step} data-is={ended && isTaken ? 'done' : isTaken ? 'here' : 'ahead'}>
        <span className={css.circle}>
          <IconCheck size={16} stroke={2.2} aria-hidden />
        </span>
        <p className={css.word}>{t('sms.accepted')}</p>
        <p className={css.time} data-trouble={!isTaken && message?.reason ? true : undefined}>
          {takenLine()}
        </p>
      </li>
      <li className={css.step} data-is={ended ? 'here' : 'ahead'} data-end={ended ? end : undefined}>
        <span className={css.circle}>
          <EndIcon size={16} stroke={2} aria-hidden />
        </span>
        <p className={css.word}>{t(`sms.${end}`)}</p>
        <p className={css.time}>{endLine()}</p>
      </li>
    </ol>
  )
}
