import { createStore } from '@/lib/store'
import type { Direction, OrderScope, OrderTab, SortKey } from '@/protocol/protocol'

/** Which orders are shown and how they are ordered. */
export interface ListView {
  tab: OrderTab
  scope: OrderScope
  sort: SortKey
  direction: Direction
  /** As typed, trimmed; empty for none. */
  search: string
}

/** The list as the employee left it, so that coming back from an order finds the same rows and the same selection. */
export interface ListPlace {
  view: ListView
  selected: string | undefined
  scrollTop: number
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

const START: ListPlace = {
  view: { tab: 'all', scope: 'my_branch', sort: 'updated', direction: 'descending', search: '' },
  selected: undefined,
  scrollTop: 0,
}

/** Where the employee is in the list. */
export const listPlace = createStore<ListPlace>(START)

/** Back to the beginning, for the next employee. */
export function forgetPlace(): void {
  listPlace.set(START)
}

/** Changes the view and goes to its top. */
export function changeView(change: Partial<ListView>): void {
  listPlace.set((before) => ({ ...before, view: { ...before.view, ...change }, scrollTop: 0 }))
}

/** Chooses a row. */
export function select(ttn: string | undefined): void {
  listPlace.set((before) => ({ ...before, selected: ttn }))
}

/** The view after a press on a column head: the same column turns round, another begins in its natural direction. */
export function sortedBy(view: ListView, sort: SortKey): Pick<ListView, 'sort' | 'direction'> {
  if (view.sort === sort) {
    return { sort, direction: view.direction === 'ascending' ? 'descending' : 'ascending' }
  }
  return { sort, direction: sort === 'updated' ? 'descending' : 'ascending' }
}
