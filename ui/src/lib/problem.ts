import { useTranslation } from 'react-i18next'
import type {
  FieldRefusal,
  MessageState,
  Problem,
  RefusalCode,
  RefusalDetail,
  Status,
} from '@/protocol/protocol'
import { clockSeconds } from './format'

/** What a clerk reads about a problem. */
export interface Sentence {
  /** The sentence after a try to change something: says first that nothing was saved, where that is so. */
  text: string
  /** The cause alone, for what was only read. */
  cause: string
  /** The number to read out to the admin, where one helps. */
  requestId?: string
}

const PHONE_REASONS = [
  'not_a_number',
  'bad_characters',
  'too_short',
  'too_long',
  'invalid',
  'landline',
  'service_number',
] as const

/** Codes where the fault is not the clerk's: the admin will ask for the request's number. */
const FOR_THE_ADMIN = new Set<Problem['code']>([
  'bad_json',
  'bad_request',
  'unknown_method',
  'id_reused',
  'storage_full',
  'storage_unavailable',
  'version_mismatch',
  'internal',
])

/** Codes whose sentence is a cause; after a try to save, "not saved" goes before it. The others say all themselves. */
const NOT_SAVED = new Set<Problem['code']>([
  'bad_json',
  'bad_request',
  'unknown_method',
  'invalid_fields',
  'refused',
  'forbidden',
  'id_reused',
  'lock_lost',
  'server_busy',
  'storage_full',
  'storage_unavailable',
  'offline',
  'internal',
])

const capital = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1)

/** True for what the core rejects with; anything else is a fault of this window. */
export function isProblem(thrown: unknown): thrown is Problem {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown
}

/** Whatever was thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  return isProblem(thrown) ? thrown : { code: 'internal', message: String(thrown) }
}

/** The states of a message that leave nothing to do. */
const isSettledWell = (state: MessageState): state is 'queued' | 'accepted' | 'delivered' =>
  state === 'queued' || state === 'accepted' || state === 'delivered'

/** The sentences about problems and refusals in the present language. Codes are mapped, texts from the server never shown. */
export function useProblemSentences() {
  const { t } = useTranslation('problems')
  const { t: word } = useTranslation('common')
  const status = (of: Status | undefined) => (of ? word(`status.${of}`) : '')

  const refusal = (code: RefusalCode, detail: RefusalDetail = {}): string => {
    switch (code) {
      case 'bad_text':
        return detail.position ? t('bad_text', { position: detail.position }) : t('bad_text_somewhere')
      case 'bad_number':
        return detail.min !== undefined && detail.max !== undefined
          ? t('bad_number', { min: detail.min, max: detail.max })
          : t('bad_number_plain')
      case 'bad_phone': {
        const reason = PHONE_REASONS.find((known) => known === detail.reason)
        return reason ? t(`bad_phone.${reason}`) : t('bad_phone')
      }
      case 'too_long':
      case 'too_many':
        return t(code, { max: detail.max ?? '' })
      case 'not_allowed_in_status':
      case 'final_state':
        return t(code, { status: status(detail.status) })
      case 'message_not_a_problem':
        return detail.message && isSettledWell(detail.message) ? t(`${code}.${detail.message}`) : t(code)
      case 'unknown_placeholder':
        return t(code, { position: detail.position ?? '' })
      case 'too_many_segments':
        return t(code, { actual: detail.actual ?? '', max: detail.max ?? '' })
      case 'role_too_low':
        return t(code, { role: detail.role ? word(`role.${detail.role}`) : '' })
      default:
        return t(code)
    }
  }

  const cause = (from: Problem): string => {
    const holder = from.holder && {
      who: from.holder.name,
      station: from.holder.station,
      time: clockSeconds(from.holder.since),
    }
    const seconds = Math.max(1, Math.ceil((from.retry_after_ms ?? 1000) / 1000))
    switch (from.code) {
      case 'refused':
        return from.refusal ? refusal(from.refusal, from.detail) : t('refused')
      case 'order_locked':
        return holder ? t('order_locked', holder) : t('order_locked_unknown')
      case 'lock_lost':
        return holder ? t('lock_lost_holder', holder) : t('lock_lost')
      case 'rate_limited':
      case 'server_busy':
        return t(from.code, { seconds })
      default:
        return t(from.code)
    }
  }

  const problem = (from: Problem): Sentence => {
    const why = cause(from)
    return {
      text: NOT_SAVED.has(from.code) ? t('notSaved', { cause: why }) : why,
      cause: capital(why),
      requestId: FOR_THE_ADMIN.has(from.code) ? from.request_id : undefined,
    }
  }

  const field = (from: FieldRefusal): string => refusal(from.code, from.detail)

  return { problem, refusal, field }
}
