import { type Icon, IconCheck, IconChecks, IconClock, IconQuestionMark, IconX } from '@tabler/icons-react'
import type { MessageState } from '@/protocol/protocol'
import type { StatusView } from './statusIcon'

/** Icon and colours of each state of a message; without a tone it is drawn in grey. */
export const messageLook: Record<MessageState, { icon: Icon; tone?: StatusView }> = {
  queued: { icon: IconClock },
  accepted: { icon: IconCheck, tone: 'new' },
  delivered: { icon: IconChecks },
  failed: { icon: IconX, tone: 'problem' },
  unknown: { icon: IconQuestionMark, tone: 'delivering' },
}
