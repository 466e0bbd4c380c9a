import { createListPlace } from '@/lib/listPlace'
import type { MessageTab } from '@/protocol/protocol'

/** Which messages are shown. */
export interface MessagesView {
  tab: MessageTab
  /** As typed, trimmed; empty for none. */
  search: string
}

/** The tabs on the way of a message. */
export const TABS: readonly MessageTab[] = [
  'all',
  'problems',
  'waiting',
  'accepted',
  'delivered',
  'failed',
  'unknown',
]

/** Where the employee is in the list. */
export const messagePlace = createListPlace<MessagesView>({ tab: 'all', search: '' })

/** Changes the view and goes to its top. */
export const { changeView } = messagePlace
