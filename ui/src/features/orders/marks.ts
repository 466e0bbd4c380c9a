import type { MouseEvent } from 'react'
import type { KeyBindings } from '@/lib/keys'
import type { Step } from '@/lib/step'
import { createStore, useStore } from '@/lib/store'

const NONE: ReadonlySet<string> = new Set()

/** The orders that were marked to do something with all of them at once, by TTN. Another view begins without any. */
export const marks = createStore(NONE)

/** Marks these and no others. */
export function markOnly(ttns: readonly string[]): void {
  marks.set(ttns.length > 0 ? new Set(ttns) : NONE)
}

/** Marks an order, or takes its mark away. */
export function toggleMark(ttn: string): void {
  const now = marks.get()
  markOnly(now.has(ttn) ? [...now].filter((marked) => marked !== ttn) : [...now, ttn])
}

function add(ttns: readonly string[]): void {
  markOnly([...marks.get(), ...ttns])
}

interface Rows {
  ids: readonly string[]
  /** Index of the chosen row. */
  at: number
  go: (how: Step) => void
  select: (ttn: string) => void
}

/** What is marked, and how keys and the pointer mark. */
export function useMarks({ ids, at, go, select }: Rows) {
  const marked = useStore(marks, (now) => now)
  const extend = (how: 'up' | 'down') => {
    const next = ids[at + (how === 'up' ? -1 : 1)]
    add([ids[at], next].filter((ttn) => ttn !== undefined))
    go(how)
  }
  const keys: KeyBindings = {
    Space: () => {
      const ttn = ids[at]
      if (ttn) toggleMark(ttn)
    },
    'Shift+ArrowDown': () => extend('down'),
    'Shift+ArrowUp': () => extend('up'),
    'Ctrl+KeyA': () => markOnly(ids),
  }
  /** A press on a row: Ctrl marks it too, Shift marks up to it; without either it is only chosen. */
  const press = (ttn: string, event: MouseEvent) => {
    const onBox = event.target instanceof Element && event.target.closest('[data-mark]') !== null
    if (event.shiftKey) {
      const to = ids.indexOf(ttn)
      add(ids.slice(Math.min(at, to), Math.max(at, to) + 1))
      // The web view marks the text between the two presses.
      window.getSelection()?.removeAllRanges()
    } else if (event.ctrlKey || event.metaKey || onBox) toggleMark(ttn)
    select(ttn)
  }
  return { marked, keys, press }
}
