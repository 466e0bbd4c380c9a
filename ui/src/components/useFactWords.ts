import { useTranslation } from 'react-i18next'
import { clockSeconds, NO_BREAK, useFormat } from '@/lib/format'
import type { Fact, Location, LockPassed, OrderEventKind, TimelineEntry } from '@/protocol/protocol'

/** "Lviv, Branch 3". */
export function placeWords(place: Location): string {
  return place.street ? `${place.city}, ${place.street}` : place.city
}

/** "Оператор 9" and "1 сегмент" stay on one line. */
const together = (text: string) =>
  text.replace(/ (\d+)/g, `${NO_BREAK}$1`).replace(/^(\d+) /, `$1${NO_BREAK}`)

/** The sentences of a history in the present language: the title of a fact, and the line under it. */
export function useFactWords() {
  const { t } = useTranslation('timeline')
  const { t: word } = useTranslation('common')
  const { money } = useFormat()

  const ofEvent = (event: OrderEventKind): string => {
    switch (event.type) {
      case 'registered':
        return t('registered', { place: placeWords(event.at_place) })
      case 'location_changed':
        return t('moved', { place: placeWords(event.to) })
      case 'status_changed':
        return t('status', { from: word(`status.${event.from}`), to: word(`status.${event.to}`) })
      case 'undone':
        return t('undone', { from: word(`status.${event.from}`), to: word(`status.${event.to}`) })
      default:
        return t(event.type)
    }
  }

  const aboutEvent = (event: OrderEventKind): (string | undefined)[] => {
    switch (event.type) {
      case 'registered':
        return [money(event.total_minor)]
      case 'location_changed':
        return [t('from', { place: placeWords(event.from) }), event.note]
      case 'canceled':
      case 'deleted':
      case 'undone':
        return [event.reason ? t('reason', { reason: event.reason }) : undefined]
      default:
        return []
    }
  }

  // The line of a hand-over is of whoever gave it, that of a take-over of whoever took it.
  const ofLock = (event: LockPassed, by: string): string => {
    if (event.type === 'handed_over') return t('lock.handedOver', { from: by, to: event.to.name })
    return event.from ? t('lock.takenOver', { from: event.from.name, to: by }) : t('lock.taken', { to: by })
  }

  const aboutLock = (event: LockPassed, at: number): string[] => {
    if (event.type === 'taken_over') return [t('reason', { reason: event.reason })]
    const took = at - event.asked_at
    const seconds = took < 1000 ? '<1' : Math.round(took / 1000)
    const how = event.by_silence ? 'lock.silence' : 'lock.answered'
    return [t(how, { time: clockSeconds(event.asked_at), seconds }), t('lock.draftKept')]
  }

  const title = ({ by, fact }: TimelineEntry): string => {
    switch (fact.kind) {
      case 'sms':
        return t(`sms.${fact.state}`)
      case 'message':
        return t(`act.${fact.act.type}`)
      case 'lock':
        return together(ofLock(fact.event, by?.name ?? ''))
      case 'order':
        return ofEvent(fact.event)
    }
  }

  const aboutSms = (fact: Extract<Fact, { kind: 'sms' }>): (string | undefined)[] => [
    t(`notice.${fact.notice}`),
    fact.reason && t(`why.${fact.reason}`),
    fact.segments ? t('segments', { count: fact.segments }) : undefined,
    fact.state === 'delivered'
      ? t('after', { seconds: fact.after_ms < 1000 ? '<1' : Math.round(fact.after_ms / 1000) })
      : undefined,
    fact.attempts > 1 ? t('attempt', { count: fact.attempts }) : undefined,
  ]

  const aboutAct = ({ notice, act }: Extract<Fact, { kind: 'message' }>): string[] => [
    t(`notice.${notice}`),
    ...(act.type === 'number_corrected'
      ? [t('act.numbers', { from: `••${act.from_last4}`, to: `••${act.to_last4}` })]
      : []),
  ]

  const aboutFact = (fact: Fact, at: number): (string | undefined)[] => {
    switch (fact.kind) {
      case 'order':
        return aboutEvent(fact.event)
      case 'lock':
        return aboutLock(fact.event, at)
      case 'sms':
        return aboutSms(fact)
      case 'message':
        return aboutAct(fact)
    }
  }

  const meta = ({ at, by, fact }: TimelineEntry): string => {
    const handedOver = fact.kind === 'lock' && fact.event.type === 'handed_over'
    const who = by && !handedOver ? [by.name, word('lock.station', { station: by.station })] : []
    return [...who, ...aboutFact(fact, at)]
      .filter((part): part is string => Boolean(part))
      .map(together)
      .join(' · ')
  }

  return { title, meta }
}
