import { useRef } from 'react'
import type { KeyBindings } from './keys'
import { type Step, step } from './step'
import { createStore, type Store, useStore } from './store'

/** A list as the employee left it, so that coming back finds the same rows and the same choice. */
export interface Place<V> {
  view: V
  selected: string | undefined
  scrollTop: number
}

/** Where the employee is in a list, and how that changes. */
export interface ListPlace<V> {
  store: Store<Place<V>>
  /** Back to the beginning, for the next employee. */
  forget: () => void
  /** Changes the view and goes to its top. What is found by a search begins at its first row, whatever was chosen before. */
  changeView: (change: Partial<V>) => void
  /** Chooses a row. */
  select: (id: string | undefined) => void
}

/** The place in a list that begins with a view. */
export function createListPlace<V extends { search: string }>(view: V): ListPlace<V> {
  const start: Place<V> = { view, selected: undefined, scrollTop: 0 }
  const store = createStore(start)
  return {
    store,
    forget: () => store.set(start),
    changeView: (change) =>
      store.set((before) => ({
        view: { ...before.view, ...change },
        selected: change.search ? undefined : before.selected,
        scrollTop: 0,
      })),
    select: (id) => store.set((before) => ({ ...before, selected: id })),
  }
}

/** The keys that move the choice. */
export function listKeys({ go, toTop }: { go: (how: Step) => void; toTop: () => void }): KeyBindings {
  return {
    ArrowDown: () => go('down'),
    ArrowUp: () => go('up'),
    PageDown: () => go('pageDown'),
    PageUp: () => go('pageUp'),
    Home: toTop,
    End: () => go('end'),
  }
}

/** Rows that PageUp and PageDown go over when the grid has not been measured yet. */
const PAGE_ROWS = 20

interface Rows {
  ids: readonly string[]
  fresh: number
  /** Loads the first page again; resolves with the ids of its rows. */
  reload: () => Promise<readonly string[]>
}

/** The chosen row of a list, and how keys move the choice. */
export function useChoice<V>(place: ListPlace<V>, { ids, fresh, reload }: Rows) {
  const selected = useStore(place.store, (now) => now.selected)
  const pageRows = useRef(PAGE_ROWS)
  const at = Math.max(0, selected ? ids.indexOf(selected) : 0)
  return {
    /** Index of the chosen row; 0 in an empty list. */
    at,
    chosen: ids[at],
    go: (how: Step) => place.select(ids[step(how, at, ids.length, pageRows.current)]),
    /** To the first row, which is a new one where some wait. */
    toTop: () => {
      place.store.set((before) => ({
        ...before,
        scrollTop: 0,
        selected: fresh > 0 ? before.selected : ids[0],
      }))
      if (fresh > 0) void reload().then(([first]) => place.select(first))
    },
    /** Told how many rows are in sight. */
    measured: (rows: number) => {
      pageRows.current = rows
    },
  }
}
