import { refusalOf } from '@/lib/messages'
import { idsOf, type ListPage, type PagedList } from '@/lib/pagedList'
import type { MessageCounts, MessagePage, MessageRow, MessageTab } from '@/protocol/protocol'
import type { MessagesView } from './view'

/** A list as it is loaded. */
export interface LoadedMessages extends PagedList {
  /** As they were when the list was loaded: for a search, whose counts nobody keeps up to date. */
  counts: MessageCounts | undefined
}

/** A list of one page. */
export function firstPage(page: MessagePage): LoadedMessages {
  return { pages: [bare(page)], counts: page.counts, fresh: [] }
}

/** What a list keeps of a page. */
export function bare(page: MessagePage): ListPage {
  return { ids: page.rows.map((row) => row.message.event_id), next: page.next }
}

/** Whether a message in this state stands on a tab. */
export function onTab(tab: MessageTab, row: MessageRow): boolean {
  if (tab === 'all') return true
  if (tab === 'problems') return refusalOf(row.message) === undefined
  return tab === (row.message.state === 'queued' ? 'waiting' : row.message.state)
}

/** Whether a search finds a message, as far as its row shows it. */
function found(search: string, row: MessageRow): boolean {
  const wanted = search.toLocaleLowerCase()
  const digits = wanted.replace(/\D/g, '')
  if (digits && (row.ttn.includes(digits) || row.message.phone.includes(digits))) return true
  return [row.recipient_city, row.recipient_name].some((text) => text.toLocaleLowerCase().includes(wanted))
}

/** The list after news of messages. Rows stay where they are, whatever happens to them; new messages wait in `fresh`. */
export function listAfter(
  list: LoadedMessages,
  news: readonly MessageRow[],
  view: MessagesView,
): LoadedMessages {
  const loaded = new Set(idsOf(list))
  const fresh = new Set(list.fresh)
  for (const row of news) {
    const { event_id: id } = row.message
    if (loaded.has(id)) continue
    const belongs = onTab(view.tab, row) && (!view.search || found(view.search, row))
    if (belongs) fresh.add(id)
    else fresh.delete(id)
  }
  if (fresh.size === list.fresh.length && list.fresh.every((id) => fresh.has(id))) return list
  return { ...list, fresh: [...fresh] }
}
