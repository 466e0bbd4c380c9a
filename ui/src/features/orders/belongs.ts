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

const folded = (text: string) =>
  text
    .normalize('NFKC')
    .toLocaleLowerCase()
    .replace(/[’ʼ'`]/g, '’')
    .replace(/\s+/g, ' ')

/** Whether a row fits scope and search as far as the row shows it (phones are not in rows, the server finds those). */
export function inReach(view: ListView, row: OrderRow, branch: string): boolean {
  if (view.scope === 'my_branch' && row.branch !== branch) return false
  if (!view.search) return true
  const wanted = folded(view.search)
  const digits = wanted.replace(/\s/g, '')
  return (
    row.ttn.includes(digits) ||
    [row.description, row.location.city, row.recipient_city].some((text) => folded(text).includes(wanted))
  )
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
