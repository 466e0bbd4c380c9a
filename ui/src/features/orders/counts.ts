import type { Change, OrderCounts } from '@/protocol/protocol'
import { isProblem, sides } from './belongs'

function add(counts: OrderCounts, side: ReturnType<typeof sides>['before'], by: 1 | -1): void {
  if (!side) return
  counts.all += by
  counts[side.status] += by
  if (isProblem(side.status, side.sms)) counts.problem += by
  if (side.sms === 'queued') counts.sms_waiting += by
}

/** The counts after a change of one of the counted orders. */
export function countsAfter(counts: OrderCounts, change: Change): OrderCounts {
  const after = { ...counts }
  const { before, after: now } = sides(change)
  add(after, before, -1)
  add(after, now, 1)
  return after
}
