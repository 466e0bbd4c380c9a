import { idsOf, type ListPage, type PagedList } from '@/lib/pagedList'
import type { Change, Older, OrderCounts, OrderPage, OrderRow } from '@/protocol/protocol'
import { inReach, onTab, sides } from './belongs'
import { countsAfter } from './counts'
import type { ListView } from './view'

/** A list as it is loaded. */
export interface LoadedList extends PagedList {
  counts: OrderCounts | undefined
  /** How far back a search looked that older orders may fit too. */
  older: Older | undefined
  /** Changes up to this sequence are in the pages and counts. */
  sequence: number
  /** Events that the counts hold although their changes are told later. */
  ahead: ReadonlySet<string>
}

/** A list of one page. */
export function firstPage(page: OrderPage): LoadedList {
  const { counts, older, sequence, ahead } = page
  return { pages: [bare(page)], counts, older, sequence, ahead: new Set(ahead), fresh: [] }
}

/** What a list keeps of a page. */
export function bare(page: OrderPage): ListPage {
  return { ids: page.rows.map((row) => row.ttn), next: page.next }
}

/** Whether a changed order that is not loaded belongs above what is loaded. */
function isFresh(view: ListView, change: Change): boolean {
  const { before, after } = sides(change)
  if (!after || !onTab(view.tab, after.status, after.sms)) return false
  const cameIn = !before || !onTab(view.tab, before.status, before.sms)
  return cameIn || (view.sort === 'updated' && view.direction === 'descending')
}

/**
 * The list after changes. Rows stay where they are, whatever happens to them; counts follow at once; new orders wait in `fresh`.
 * `rowOf` looks up an order that was deleted and so comes without its row.
 */
export function listAfter(
  list: LoadedList,
  changes: readonly Change[],
  view: ListView,
  branch: string,
  rowOf: (ttn: string) => OrderRow | undefined,
): LoadedList {
  const loaded = new Set(idsOf(list))
  const fresh = new Set(list.fresh)
  let { counts, sequence } = list
  for (const change of changes) {
    if (change.sequence <= sequence) continue
    sequence = change.sequence
    const row = change.row ?? rowOf(change.ttn)
    if (!row || !inReach(view, list.older?.since, row, branch)) continue
    if (counts && !list.ahead.has(change.event_id)) counts = countsAfter(counts, change)
    if (loaded.has(change.ttn)) continue
    if (isFresh(view, change)) fresh.add(change.ttn)
    else if (change.kind === 'deleted') fresh.delete(change.ttn)
  }
  if (sequence === list.sequence) return list
  return { ...list, counts, sequence, fresh: [...fresh] }
}
