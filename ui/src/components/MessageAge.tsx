import { useTranslation } from 'react-i18next'
import { useNow } from '@/lib/clock'
import { age } from '@/lib/format'
import { refusalOf } from '@/lib/messages'
import type { MessageView } from '@/protocol/protocol'
import css from './MessageAge.module.css'

const DAY_MS = 24 * 3600_000

/** How long ago the message was written. Coloured while a person has to do something about it. */
export function MessageAge({ message }: { message: MessageView }) {
  const { t } = useTranslation()
  const now = useNow()
  const ms = now - message.queued_at
  return (
    <span className={css.age} data-problem={refusalOf(message) === undefined ? message.state : undefined}>
      {ms < DAY_MS ? age(ms) : t('daysShort', { days: Math.floor(ms / DAY_MS) })}
    </span>
  )
}
