import type { Change, OrderRow } from '@/protocol/protocol'
import { createStore, type Store, useStore } from './store'

/** A cell of the list that can be marked as just changed. */
export type Cell = 'status' | 'description' | 'location' | 'sms'

/** What the window knows of one order in a list. */
export interface KnownRow {
  row: OrderRow
  /** Deleted since it was loaded: it stays where it is, crossed out, until the list is loaded again. */
  deleted: boolean
  /** Cells that changed last, and a number that is new with every change, so that a tint can start again. */
  changed: readonly Cell[]
  mark: number
}

/** Every row that was loaded or told of, by TTN. Lists hold TTNs in their order and look the rows up here. */
export const rows: Store<ReadonlyMap<string, KnownRow>> = createStore<ReadonlyMap<string, KnownRow>>(
  new Map(),
)

/** How long a changed cell stays tinted, milliseconds. */
export const TINT_MS = 1500

/** Which cells differ between two states of a row. */
export function changedCells(before: OrderRow, after: OrderRow): Cell[] {
  const cells: Cell[] = []
  if (before.status !== after.status) cells.push('status')
  if (before.description !== after.description) cells.push('description')
  if (before.location.city !== after.location.city || before.location.street !== after.location.street) {
    cells.push('location')
  }
  if (before.sms !== after.sms) cells.push('sms')
  return cells
}

let lastMark = 0

/**
 * The map after changes. A row replaces what is known unless it is older: batches carry the row as it is when it is sent, so the
 * same row may come twice and a page may be newer than a change.
 */
export function afterChanges(
  before: ReadonlyMap<string, KnownRow>,
  changes: readonly Change[],
): ReadonlyMap<string, KnownRow> {
  const after = new Map(before)
  for (const change of changes) {
    const known = after.get(change.ttn)
    if (!change.row) {
      if (known) after.set(change.ttn, { ...known, deleted: true })
      continue
    }
    if (!known) {
      after.set(change.ttn, { row: change.row, deleted: false, changed: [], mark: 0 })
      continue
    }
    if (change.row.version < known.row.version || change.row.updated_at < known.row.updated_at) continue
    const changed = changedCells(known.row, change.row)
    lastMark += 1
    after.set(change.ttn, { row: change.row, deleted: false, changed, mark: lastMark })
  }
  return after
}

/** The map after a page was loaded: never marked as changed, never older than what was told meanwhile. */
export function afterPage(
  before: ReadonlyMap<string, KnownRow>,
  page: readonly OrderRow[],
): ReadonlyMap<string, KnownRow> {
  const after = new Map(before)
  for (const row of page) {
    const known = after.get(row.ttn)
    if (known && known.row.version > row.version) continue
    after.set(row.ttn, { row, deleted: false, changed: [], mark: known?.mark ?? 0 })
  }
  return after
}

function clearMarks(marked: ReadonlyMap<string, number>): void {
  rows.set((before) => {
    const after = new Map(before)
    for (const [ttn, mark] of marked) {
      const known = after.get(ttn)
      if (known && known.mark === mark) after.set(ttn, { ...known, changed: [] })
    }
    return after
  })
}

/** Brings the map up to date with changes and takes the tints away after their time. */
export function takeRows(changes: readonly Change[]): void {
  rows.set((before) => afterChanges(before, changes))
  const now = rows.get()
  const marked = new Map<string, number>()
  for (const { ttn } of changes) {
    const known = now.get(ttn)
    if (known && known.changed.length > 0) marked.set(ttn, known.mark)
  }
  if (marked.size > 0) setTimeout(() => clearMarks(marked), TINT_MS)
}

/** Brings the map up to date with a loaded page. */
export function takePage(page: readonly OrderRow[]): void {
  rows.set((before) => afterPage(before, page))
}

/** What is known of one order. */
export function useRow(ttn: string | undefined): KnownRow | undefined {
  return useStore(rows, (known) => (ttn === undefined ? undefined : known.get(ttn)))
}
