import type { MessageReason, MessageView } from '@/protocol/protocol'
import { useConnection } from './connection'
import { useHeldUp, useMessageCounts } from './messageCounts'
import { type KnownMessage, messages } from './messages'
import { useStore } from './store'

/** What the messages of this window tell of the SMS gateway. */
export type Gateway =
  /** It took the newest message this long after the message was written, at this time. */
  | { is: 'answering'; ms: number; at: number }
  /** Messages are held up since then. */
  | { is: 'held_up'; since: number; reason: MessageReason | undefined }

/** The message that the gateway took last, of those that it took at the first try: the others waited for more than its answer. */
export function lastTaken(known: Iterable<KnownMessage>): MessageView | undefined {
  let last: MessageView | undefined
  for (const {
    row: { message },
  } of known) {
    const { accepted_at: at, attempts, queued_at } = message
    if (at === undefined || attempts !== 1 || at < queued_at) continue
    if (at > (last?.accepted_at ?? 0)) last = message
  }
  return last
}

/** How the gateway does; absent: nothing is known of it, or the desktop is offline. */
export function useGateway(now: number): Gateway | undefined {
  const offline = useConnection(({ link }) => link.state === 'offline')
  const heldUp = useHeldUp(useMessageCounts(), now)
  const last = useStore(messages, (known) => lastTaken(known.values()))
  if (offline) return undefined
  if (heldUp) return { is: 'held_up', ...heldUp }
  if (last?.accepted_at === undefined) return undefined
  return { is: 'answering', ms: last.accepted_at - last.queued_at, at: last.accepted_at }
}
