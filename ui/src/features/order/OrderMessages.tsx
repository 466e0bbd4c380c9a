import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { MessageActs } from '@/components/MessageActs'
import { MessageCard } from '@/components/MessageCard'
import { Skeleton } from '@/components/Skeleton'
import { SmsTicks } from '@/components/SmsTicks'
import { useNow } from '@/lib/clock'
import { phone, stamp } from '@/lib/format'
import { useKeys } from '@/lib/keys'
import { refusalOf, useKnownMessage } from '@/lib/messages'
import { asProblem, useProblemSentences } from '@/lib/problem'
import { useMessage } from '@/lib/useMessage'
import { useMessageActs } from '@/lib/useMessageActs'
import type { MessageDetails, MessageRow, MessageView, OrderDetails } from '@/protocol/protocol'
import css from './OrderMessages.module.css'

/** The messages of one order, newest first, and the chosen one in full with what can be done about it. */
export function OrderMessages({ details }: { details: OrderDetails }) {
  const { t } = useTranslation('order')
  const { messages } = details
  // Chosen once: what happens to the messages afterwards does not take the card away from under a hand.
  const [asked, setAsked] = useState(() => firstToSee(messages)?.event_id)
  const chosen = messages.find((message) => message.event_id === asked) ?? messages[0]
  if (!chosen) return <p className={css.none}>{t('messages.none')}</p>
  return (
    <div className={css.work}>
      <ul className={css.list} aria-label={t('tab.messages')}>
        {messages.map((message) => (
          <Line
            key={message.event_id}
            message={message}
            chosen={message.event_id === chosen.event_id}
            onChoose={() => setAsked(message.event_id)}
          />
        ))}
      </ul>
      <div className={css.detail}>
        <Chosen key={chosen.event_id} id={chosen.event_id} />
      </div>
    </div>
  )
}

/** Whatever went wrong comes before what went well. */
function firstToSee(messages: readonly MessageView[]): MessageView | undefined {
  return messages.find((message) => message.state === 'failed' || message.state === 'unknown') ?? messages[0]
}

function Line({
  message,
  chosen,
  onChoose,
}: {
  message: MessageView
  chosen: boolean
  onChoose: () => void
}) {
  const { t } = useTranslation('messages')
  const now = useNow(60_000)
  const dealtWith = refusalOf(message)
  const calm = dealtWith === 'told' || dealtWith === 'replaced'
  return (
    <li>
      <button
        type="button"
        className={css.line}
        aria-pressed={chosen}
        data-calm={calm || undefined}
        data-testid="order-message"
        data-state={message.state}
        onClick={onChoose}
      >
        <SmsTicks state={message.state} withWord />
        <span className={css.words}>
          <b>{t(`notice.${message.notice}`)}</b>
          <span>{[phone(message.phone), calm && t(dealtWith)].filter(Boolean).join(' · ')}</span>
        </span>
        <time>{stamp(message.queued_at, now)}</time>
      </button>
    </li>
  )
}

function Chosen({ id }: { id: string }) {
  const { t } = useTranslation('messages')
  const { problem } = useProblemSentences()
  const { data, error } = useMessage(id)
  const known = useKnownMessage(id)
  if (error && !data) {
    return (
      <p className={css.failed} role="alert">
        {t('detail.failed')}: {problem(asProblem(error)).cause}
      </p>
    )
  }
  if (!data || !known) return <Skeleton rows={5} rowHeight={40} />
  return <Card row={known.row} details={data} />
}

function Card({ row, details }: { row: MessageRow; details: MessageDetails }) {
  const acts = useMessageActs(row.message, details.actions)
  const newer = useKnownMessage(row.message.replaced_by)
  useKeys('screen', { F9: acts.sendByKey })
  return (
    <MessageCard row={row} attempts={details.attempts} size={details.size} newer={newer?.row.message.state}>
      <MessageActs acts={acts} ttn={row.ttn} />
    </MessageCard>
  )
}
