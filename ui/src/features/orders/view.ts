import { createListPlace } from '@/lib/listPlace'
import type { Direction, OrderScope, OrderTab, SortKey } from '@/protocol/protocol'
import { markOnly } from './marks'

/** Where a search goes on that looked further back once or more. */
export interface Back {
  /** Among orders before this one. */
  before: number
  /** When the oldest was registered that had been looked at. */
  until: number
}

/** Which orders are shown and how they are ordered. */
export interface ListView {
  tab: OrderTab
  scope: OrderScope
  sort: SortKey
  direction: Direction
  /** As typed, trimmed; empty for none. */
  search: string
  /** The search looks at older orders; absent where it begins with the newest. */
  back?: Back | undefined
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

/**
 * Changes the view and goes to its top. What is out of sight is not marked any more. What is searched for, and among whose orders, is
 * looked for among the newest first.
 */
export function changeView(change: Partial<ListView>): void {
  markOnly([])
  const isAnother = change.search !== undefined || change.scope !== undefined
  orderPlace.changeView(isAnother ? { ...change, back: undefined } : change)
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
