import {
  type Icon,
  IconArrowBackUp,
  IconBan,
  IconCheck,
  IconChecks,
  IconCircleCheck,
  IconClock,
  IconCrown,
  IconHandStop,
  IconMapPin,
  IconPackage,
  IconPencil,
  IconPhoneCall,
  IconQuestionMark,
  IconSend,
  IconTrash,
  IconX,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useNow } from '@/lib/clock'
import { stamp } from '@/lib/format'
import type { Fact, MessageAct, MessageState, OrderEventKind, TimelineEntry } from '@/protocol/protocol'
import { type StatusView, statusIcon } from './statusIcon'
import { Timeline, TimelineItem } from './Timeline'
import { useFactWords } from './useFactWords'

interface Props {
  /** Newest first. */
  entries: readonly TimelineEntry[]
  /** Times to the second (order page) instead of to the minute (preview). */
  seconds?: boolean
  /** Shows only this many. */
  limit?: number
  /** Drawn before the first entry: what goes on now and is not saved yet. */
  now?: ReactNode
}

interface Look {
  icon: Icon
  tone?: StatusView
}

const smsLook: Record<MessageState, Look> = {
  queued: { icon: IconClock },
  accepted: { icon: IconCheck },
  delivered: { icon: IconChecks, tone: 'completed' },
  failed: { icon: IconX, tone: 'problem' },
  unknown: { icon: IconQuestionMark, tone: 'delivering' },
}

function eventLook(event: OrderEventKind): Look {
  switch (event.type) {
    case 'registered':
      return { icon: IconPackage, tone: 'new' }
    case 'location_changed':
      return { icon: IconMapPin, tone: 'delivering' }
    case 'status_changed':
      return { icon: statusIcon[event.to], tone: event.to }
    case 'canceled':
      return { icon: IconBan, tone: 'canceled' }
    case 'completed':
      return { icon: IconCircleCheck, tone: 'completed' }
    case 'deleted':
      return { icon: IconTrash, tone: 'problem' }
    case 'undone':
      return { icon: IconArrowBackUp }
  }
}

/**
 * The history without the states that a message only passed through: of "accepted", then "delivered", the last is what matters.
 * The whole course of a message is on the Messages tab.
 */
export function withoutPassedStates(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const told = new Set<string>()
  return entries.filter(({ fact }) => {
    if (fact.kind !== 'sms') return true
    if (told.has(fact.event_id)) return false
    told.add(fact.event_id)
    return true
  })
}

const actLook: Record<MessageAct['type'], Look> = {
  resent: { icon: IconSend },
  number_corrected: { icon: IconPencil },
  told: { icon: IconPhoneCall },
}

function look(fact: Fact): Look {
  switch (fact.kind) {
    case 'message':
      return actLook[fact.act.type]
    case 'sms':
      return smsLook[fact.state]
    case 'lock':
      return { icon: fact.event.type === 'handed_over' ? IconHandStop : IconCrown, tone: 'locked' }
    case 'order':
      return eventLook(fact.event)
  }
}

/** What happened to an order, newest first, in sentences. */
export function OrderTimeline({ entries, seconds = false, limit, now: present }: Props) {
  const { t } = useTranslation('timeline')
  const words = useFactWords()
  const now = useNow(60_000)
  return (
    <Timeline label={t('title')}>
      {present}
      {withoutPassedStates(entries)
        .slice(0, limit)
        .map((entry) => (
          <TimelineItem
            key={entry.seq}
            {...look(entry.fact)}
            title={words.title(entry)}
            meta={words.meta(entry)}
            time={stamp(entry.at, now, seconds)}
          />
        ))}
    </Timeline>
  )
}
