import { useTranslation } from 'react-i18next'
import { useProblemSentences } from '@/lib/problem'
import type { SmsPreview } from '@/protocol/protocol'

/** Why a text cannot be saved, and what that is about. */
export interface Wrong {
  text: string
  about?: string
}

/** Units of one segment, alone and as one of several. */
const ROOM = { gsm7: [160, 153], ucs2: [70, 67] } as const

/** Says why the server would refuse a text, before it is asked. The rules are those of the core; the words are ours. */
export function useTextRules() {
  const { t } = useTranslation('texts')
  const { field } = useProblemSentences()
  return (seen: SmsPreview | undefined, mostSegments: number): Wrong | undefined => {
    const refusal = seen?.refusal
    if (!seen || !refusal) return undefined
    switch (refusal.code) {
      case 'empty':
        return { text: t('wrong.empty') }
      case 'unknown_placeholder':
        return { text: field(refusal), about: t('wrong.placeholders', { ttn: '{ttn}', url: '{url}' }) }
      case 'ttn_missing':
        return { text: t('wrong.noTtn', { ttn: '{ttn}' }) }
      case 'too_many_segments': {
        const [alone, several] = ROOM[seen.encoding]
        const room = mostSegments === 1 ? alone : several * mostSegments
        return {
          text: t('wrong.tooLong', { over: seen.used - room, count: mostSegments }),
          about: t('wrong.cost'),
        }
      }
      default:
        return { text: field(refusal) }
    }
  }
}
