import { IconCheck, IconChecks, IconClock, IconQuestionMark, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import css from './SmsTicks.module.css'

export type SmsView = 'queued' | 'accepted' | 'delivered' | 'failed' | 'unknown'

const icons = {
  queued: IconClock,
  accepted: IconCheck,
  delivered: IconChecks,
  failed: IconX,
  unknown: IconQuestionMark,
} as const

interface Props {
  /** Absent: the order has no message. */
  state?: SmsView
  /** Adds the word (wide grids); without it the word is read out only. */
  withWord?: boolean
}

/** Where the last SMS is. Good news is grey; only exceptions have colour. */
export function SmsTicks({ state, withWord = false }: Props) {
  const { t } = useTranslation()
  if (!state) return withWord ? null : <span className="visually-hidden">{t('sms.none')}</span>
  const Icon = icons[state]
  const word = t(`sms.${state}`)
  return (
    <span className={css.ticks} data-state={state}>
      <Icon size={16} stroke={1.8} aria-hidden />
      <span className={withWord ? undefined : 'visually-hidden'}>{word}</span>
    </span>
  )
}
