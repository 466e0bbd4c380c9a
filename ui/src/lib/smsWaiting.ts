import type { Change } from '@/protocol/protocol'
import { createStore } from './store'

/** Messages of this branch's orders that no gateway has yet; absent until the first list was loaded. Status bar. */
export const smsWaiting = createStore<number | undefined>(undefined)

/** By how much changes move the number of waiting messages. */
export function waitingDelta(changes: readonly Change[]): number {
  let delta = 0
  for (const change of changes) {
    if (change.sms_before === 'queued') delta -= 1
    if (change.sms_after === 'queued') delta += 1
  }
  return delta
}
