import { createListPlace } from '@/lib/listPlace'
import type { Direction, OrderScope, OrderTab, SortKey } from '@/protocol/protocol'
import { markOnly } from './marks'

/** Which orders are shown and how they are ordered. */
export interface ListView {
  tab: OrderTab
  scope: OrderScope
  sort: SortKey
  direction: Direction
  /** As typed, trimmed; empty for none. */
  search: string
}

/** The tabs in life-cycle order. */
export const TABS: readonly OrderTab[] = [
  'all',
  'new',
  'delivering',
  'delivered',
  'completed',
  'canceled',
  'problem',
]

/** Where the employee is in the list. */
export const orderPlace = createListPlace<ListView>({
  tab: 'all',
  scope: 'my_branch',
  sort: 'updated',
  direction: 'descending',
  search: '',
})

/** Changes the view and goes to its top. What is out of sight is not marked any more. */
export function changeView(change: Partial<ListView>): void {
  markOnly([])
  orderPlace.changeView(change)
}

/** Back to the beginning, for the next employee. */
export function forgetPlace(): void {
  markOnly([])
  orderPlace.forget()
}

/** The view after a press on a column head: the same column turns round, another begins in its natural direction. */
export function sortedBy(view: ListView, sort: SortKey): Pick<ListView, 'sort' | 'direction'> {
  if (view.sort === sort) {
    return { sort, direction: view.direction === 'ascending' ? 'descending' : 'ascending' }
  }
  return { sort, direction: sort === 'updated' ? 'descending' : 'ascending' }
}
