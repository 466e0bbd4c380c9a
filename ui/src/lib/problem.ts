import { useTranslation } from 'react-i18next'
import type { FieldRefusal, Problem, RefusalCode, RefusalDetail, Status } from '@/protocol/protocol'
import { clockSeconds } from './format'

/** What a clerk reads: the sentence, and the number to read out to the admin where one helps. */
export interface Sentence {
  text: string
  requestId?: string
}

const PHONE_REASONS = [
  'landline',
  'toll_free',
  'premium',
  'not_mobile',
  'too_short',
  'too_long',
  'letters',
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

/** True for what the core rejects with; anything else is a fault of this window. */
export function isProblem(thrown: unknown): thrown is Problem {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown
}

/** Whatever was thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  return isProblem(thrown) ? thrown : { code: 'internal', message: String(thrown) }
}

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
      case 'role_too_low':
        return t(code, { role: detail.role ? word(`role.${detail.role}`) : '' })
      default:
        return t(code)
    }
  }

  const problem = (from: Problem): Sentence => {
    const holder = from.holder && {
      who: from.holder.name,
      station: from.holder.station,
      time: clockSeconds(from.holder.since),
    }
    const seconds = Math.max(1, Math.ceil((from.retry_after_ms ?? 1000) / 1000))
    const requestId = FOR_THE_ADMIN.has(from.code) ? from.request_id : undefined
    switch (from.code) {
      case 'refused':
        return {
          text: from.refusal ? `${t('refused')}. ${refusal(from.refusal, from.detail)}.` : t('refused'),
        }
      case 'order_locked':
        return { text: holder ? t('order_locked', holder) : t('order_locked_unknown') }
      case 'lock_lost':
        return { text: holder ? t('lock_lost_holder', holder) : t('lock_lost') }
      case 'rate_limited':
      case 'server_busy':
        return { text: t(from.code, { seconds }) }
      default:
        return { text: t(from.code), requestId }
    }
  }

  const field = (from: FieldRefusal): string => refusal(from.code, from.detail)

  return { problem, refusal, field }
}
