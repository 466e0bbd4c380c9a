import type { Change, MessageRow, MessageView } from '@/protocol/protocol'
import { TINT_MS } from './rows'
import { createStore, type Store, useStore } from './store'

/** A cell of the messages list that can be marked as just changed. */
export type MessageCell = 'state' | 'to' | 'attempts' | 'known'

/** What the window knows of one message. */
export interface KnownMessage {
  row: MessageRow
  /** Cells that changed last, and a number that is new with every change, so that a tint can start again. */
  changed: readonly MessageCell[]
  mark: number
}

type Known = ReadonlyMap<string, KnownMessage>

/** Every message that was loaded or told of, by event id. Lists hold ids in their order and look the rows up here. */
export const messages: Store<Known> = createStore<Known>(new Map())

const RANK = { queued: 0, accepted: 1, unknown: 2, failed: 3, delivered: 4 } as const

/** How far a message has come: states only move forward, what people do about it comes last. */
function progress(message: MessageView): readonly number[] {
  return [message.told_at || message.replaced_by ? 1 : 0, RANK[message.state], message.attempts]
}

/** True when `message` tells less than what is known: a page or a batch that was on its way when something happened. */
export function isOlder(message: MessageView, known: MessageView): boolean {
  const before = progress(known)
  for (const [at, value] of progress(message).entries()) {
    if (value !== before[at]) return value < (before[at] ?? 0)
  }
  return false
}

/** Which cells differ between two states of a message. */
export function changedMessageCells(before: MessageView, after: MessageView): MessageCell[] {
  const cells: MessageCell[] = []
  if (before.state !== after.state) cells.push('state')
  if (before.phone !== after.phone) cells.push('to')
  if (before.attempts !== after.attempts) cells.push('attempts')
  if (
    before.state !== after.state ||
    before.reason !== after.reason ||
    before.next_attempt_at !== after.next_attempt_at ||
    before.told_at !== after.told_at ||
    before.replaced_by !== after.replaced_by
  ) {
    cells.push('known')
  }
  return cells
}

/** Why nothing can be done about a message by hand; absent: it can. */
export type NotNow = 'queued' | 'accepted' | 'delivered' | 'told' | 'replaced'

/** Whether a message waits for a person: it failed or is unknown, and nobody has dealt with it. */
export function refusalOf(message: MessageView): NotNow | undefined {
  if (message.replaced_by) return 'replaced'
  if (message.told_at) return 'told'
  if (message.state === 'failed' || message.state === 'unknown') return undefined
  return message.state
}

let lastMark = 0

/** The map after news of messages; what changed is marked. */
export function afterNews(before: Known, news: readonly MessageRow[]): Known {
  const after = new Map(before)
  for (const row of news) {
    const { event_id: id } = row.message
    const known = after.get(id)
    if (known && isOlder(row.message, known.row.message)) continue
    const changed = known ? changedMessageCells(known.row.message, row.message) : []
    if (known && changed.length === 0) {
      after.set(id, { ...known, row })
      continue
    }
    lastMark += 1
    after.set(id, { row, changed, mark: lastMark })
  }
  return after
}

/** The map after a page was loaded: never marked as changed, never older than what was told meanwhile. */
export function afterPage(before: Known, page: readonly MessageRow[]): Known {
  const after = new Map(before)
  for (const row of page) {
    const { event_id: id } = row.message
    const known = after.get(id)
    if (known && isOlder(row.message, known.row.message)) continue
    after.set(id, { row, changed: [], mark: known?.mark ?? 0 })
  }
  return after
}

function clearMarks(marked: ReadonlyMap<string, number>): void {
  messages.set((before) => {
    const after = new Map(before)
    for (const [id, mark] of marked) {
      const known = after.get(id)
      if (known && known.mark === mark) after.set(id, { ...known, changed: [] })
    }
    return after
  })
}

/** The messages that changes tell of, in their order. */
export function messagesOf(changes: readonly Change[]): MessageRow[] {
  return changes.flatMap((change) => change.messages ?? [])
}

/** Brings the map up to date with news and takes the tints away after their time. */
export function takeMessages(news: readonly MessageRow[]): void {
  if (news.length === 0) return
  messages.set((before) => afterNews(before, news))
  const now = messages.get()
  const marked = new Map<string, number>()
  for (const { message } of news) {
    const { event_id } = message
    const known = now.get(event_id)
    if (known && known.changed.length > 0) marked.set(event_id, known.mark)
  }
  if (marked.size > 0) setTimeout(() => clearMarks(marked), TINT_MS)
}

/** Brings the map up to date with a loaded page. */
export function takeMessagePage(page: readonly MessageRow[]): void {
  messages.set((before) => afterPage(before, page))
}

/** What is known of one message. */
export function useKnownMessage(id: string | undefined): KnownMessage | undefined {
  return useStore(messages, (known) => (id === undefined ? undefined : known.get(id)))
}
