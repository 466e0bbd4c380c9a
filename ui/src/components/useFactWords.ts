import { useTranslation } from 'react-i18next'
import { NO_BREAK, useFormat } from '@/lib/format'
import type { Fact, Location, OrderEventKind, TimelineEntry } from '@/protocol/protocol'

/** "Lviv, Branch 3". */
export function placeWords(place: Location): string {
  return place.street ? `${place.city}, ${place.street}` : place.city
}

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

  const title = (fact: Fact): string => (fact.kind === 'sms' ? t(`sms.${fact.state}`) : ofEvent(fact.event))

  const meta = ({ by, fact }: TimelineEntry): string => {
    const who = by ? [by.name, word('lock.station', { station: by.station })] : []
    const about =
      fact.kind === 'order'
        ? aboutEvent(fact.event)
        : [
            t(`notice.${fact.notice}`),
            fact.reason && t(`why.${fact.reason}`),
            fact.segments ? t('segments', { count: fact.segments }) : undefined,
            fact.state === 'delivered'
              ? t('after', { seconds: fact.after_ms < 1000 ? '<1' : Math.round(fact.after_ms / 1000) })
              : undefined,
            fact.attempts > 1 ? t('attempt', { count: fact.attempts }) : undefined,
          ]
    return (
      [...who, ...about]
        .filter((part): part is string => Boolean(part))
        // "Оператор 9" and "1 сегмент" stay on one line.
        .map((part) => part.replace(/ (\d+)/g, `${NO_BREAK}$1`).replace(/^(\d+) /, `$1${NO_BREAK}`))
        .join(' · ')
    )
  }

  return { title, meta }
}
