import { useTranslation } from 'react-i18next'
import { useNow } from '@/lib/clock'
import { age } from '@/lib/format'
import { refusalOf } from '@/lib/messages'
import type { MessageView } from '@/protocol/protocol'
import css from './MessageAge.module.css'

const HOUR_MS = 3600_000
const DAY_MS = 24 * HOUR_MS

/** How long ago the message was written. Coloured while a person has to do something about it. */
export function MessageAge({ message }: { message: MessageView }) {
  const { t } = useTranslation()
  const now = useNow()
  const ms = now - message.queued_at
  const words = () => {
    if (ms < HOUR_MS) return age(ms)
    if (ms < DAY_MS) return t('hoursShort', { hours: Math.floor(ms / HOUR_MS) })
    return t('daysShort', { days: Math.floor(ms / DAY_MS) })
  }
  return (
    <span className={css.age} data-problem={refusalOf(message) === undefined ? message.state : undefined}>
      {words()}
    </span>
  )
}
