import type { Change, MessageState, OrderRow, OrderTab, Status } from '@/protocol/protocol'
import type { ListView } from './view'

/** The view "problem": the last SMS failed or is unknown, and there is still something to do about it. */
export function isProblem(status: Status, sms: MessageState | undefined): boolean {
  return (sms === 'failed' || sms === 'unknown') && status !== 'completed' && status !== 'canceled'
}

/** Whether an order in this state stands on a tab. */
export function onTab(tab: OrderTab, status: Status, sms: MessageState | undefined): boolean {
  if (tab === 'all') return true
  if (tab === 'problem') return isProblem(status, sms)
  return tab === status
}

/** Texts as they are compared (`fold_for_search` in the domain). */
const folded = (text: string) =>
  text
    .normalize('NFKC')
    .toLocaleLowerCase()
    .replace(/[’ʼ‘`´′]/g, "'")
    .replace(/\s+/g, ' ')
    .trim()

const wordsOf = (text: string) => text.split(/[^\p{Alphabetic}\p{N}]+/u).filter(Boolean)

/** Whether a search finds a row, as far as the row shows it: the rules of `search.rs` in the domain. Phones are not in rows. */
function fits(search: string, row: OrderRow): boolean {
  const wanted = folded(search)
  const text = folded(`${row.description} ${row.location.city} ${row.recipient_city}`)
  const bare = wanted.replace(/[ ()+-]/g, '')
  const parts = /^[0-9]+$/.test(bare) ? [bare] : wordsOf(wanted)
  if (parts.length === 0) return text.includes(wanted)
  const words = wordsOf(text)
  return parts.every(
    (part) =>
      (/^[0-9]{4,}$/.test(part) && row.ttn.includes(part)) || words.some((word) => word.startsWith(part)),
  )
}

/** Whether a row fits scope and search as far as the row shows it, and is of those that the search looked at: registered `since` then. */
export function inReach(
  { scope, search, back }: ListView,
  since: number | undefined,
  row: OrderRow,
  branch: string,
): boolean {
  if (scope === 'my_branch' && row.branch !== branch) return false
  if (!search) return true
  if (row.registered_at < (since ?? 0) || (back && row.registered_at >= back.until)) return false
  return fits(search, row)
}

/** Status and SMS of an order before and after a change; absent where it did not exist. */
export function sides(change: Change) {
  const beforeStatus = change.kind === 'registered' ? undefined : (change.status_before ?? change.row?.status)
  const afterStatus = change.kind === 'deleted' ? undefined : (change.status_after ?? change.row?.status)
  return {
    before: beforeStatus && { status: beforeStatus, sms: change.sms_before },
    after: afterStatus && { status: afterStatus, sms: change.sms_after },
  }
}
