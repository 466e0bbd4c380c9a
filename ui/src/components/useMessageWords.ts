import { useTranslation } from 'react-i18next'
import { age, clock, clockSeconds, NO_BREAK } from '@/lib/format'
import type { MessageAttempt, MessageRow, MessageView } from '@/protocol/protocol'

const MINUTE_MS = 60_000

/** A sentence as it stands inside another one: `SMS …` and `СМС …` keep their capitals. */
const inside = (text: string) =>
  /^\p{Lu}{2}/u.test(text) ? text : text.charAt(0).toLocaleLowerCase() + text.slice(1)

/** The sentences about a message in the present language. */
export function useMessageWords() {
  const { t } = useTranslation('messages')
  const { t: word } = useTranslation()

  /** How long, for people: `6 s` under a minute, `17:02` above. */
  const long = (ms: number) =>
    ms < MINUTE_MS ? word('secondsShort', { seconds: Math.max(1, Math.round(ms / 1000)) }) : age(ms)

  const retry = (at: number, now: number) => {
    if (at <= now) return t('retryNow')
    return at - now < MINUTE_MS
      ? t('retryIn', { time: word('secondsShort', { seconds: Math.ceil((at - now) / 1000) }) })
      : t('retryAt', { time: clock(at) })
  }

  /** What is known, in a few words: the last column. */
  const known = (message: MessageView, now: number): string => {
    const { state, reason, accepted_at: taken, finished_at: finished, next_attempt_at: next } = message
    if (message.replaced_by) return t('replaced')
    if (message.told_at) return t('told')
    if (state === 'queued' && next) {
      return reason ? `${retry(next, now)} · ${inside(t(`reason.${reason}`))}` : retry(next, now)
    }
    if (state === 'delivered' && taken && finished && finished > taken) {
      return t('reportAfter', { time: long(finished - taken) })
    }
    return why(message)
  }

  /** The reason where something went wrong, else where it is. */
  const why = ({ state, reason }: MessageView): string =>
    reason && state !== 'accepted' && state !== 'delivered' ? t(`reason.${reason}`) : t(`state.${state}`)

  /** The head of a message in full: the reason, and after how many tries. */
  const head = (message: MessageView): string =>
    message.attempts > 1 ? `${why(message)}, ${t('attempts', { count: message.attempts })}` : why(message)

  /** What it means for the customer and for the clerk. */
  const means = ({ message, recipient_city: city }: MessageRow, now: number): string => {
    if (message.replaced_by) return t('means.replaced')
    if (message.told_at) {
      const time = clock(message.told_at)
      return message.told_by
        ? t('means.told', { who: message.told_by.name, time })
        : t('means.toldBySomebody', { time })
    }
    switch (message.state) {
      case 'queued':
        return message.next_attempt_at && message.next_attempt_at > now
          ? t('means.retry', { time: clockSeconds(message.next_attempt_at) })
          : t('means.queued')
      case 'accepted':
        return t('means.taken')
      case 'delivered':
        return t('means.delivered')
      case 'unknown':
        return t('means.unknown')
      case 'failed':
        return message.notice === 'arrived'
          ? t('means.arrivedIn', { city: city.replaceAll(' ', NO_BREAK) })
          : t(`means.${message.notice}`)
    }
  }

  /** One try: its number and what came of it. */
  const attempt = ({ attempt: number, state, reason }: MessageAttempt): string => {
    const why = reason && state !== 'accepted' && state !== 'delivered'
    return t('tries.item', { number, what: why ? inside(t(`reason.${reason}`)) : t(`tries.${state}`) })
  }

  return { known, head, means, attempt }
}
