import { createStore } from '@/lib/store'
import type { MessageTab } from '@/protocol/protocol'

/** Which messages are shown. */
export interface MessagesView {
  tab: MessageTab
  /** As typed, trimmed; empty for none. */
  search: string
}

/** The list as the employee left it. */
export interface MessagesPlace {
  view: MessagesView
  selected: string | undefined
  scrollTop: number
}

/** The tabs on the way of a message. */
export const TABS: readonly MessageTab[] = ['all', 'waiting', 'accepted', 'delivered', 'failed', 'unknown']

const START: MessagesPlace = { view: { tab: 'all', search: '' }, selected: undefined, scrollTop: 0 }

/** Where the employee is in the list. */
export const messagesPlace = createStore<MessagesPlace>(START)

/** Back to the beginning, for the next employee. */
export function forgetPlace(): void {
  messagesPlace.set(START)
}

/** Changes the view and goes to its top. */
export function changeView(change: Partial<MessagesView>): void {
  messagesPlace.set((before) => ({ ...before, view: { ...before.view, ...change }, scrollTop: 0 }))
}

/** Chooses a row. */
export function select(id: string | undefined): void {
  messagesPlace.set((before) => ({ ...before, selected: id }))
}
