import { useEffect, useRef, useState } from 'react'
import { forgetHeld, useKeyHold, wasHeld } from './heldKeys'
import type { KeyAction, KeyBindings } from './keys'
import type { Search } from './search'

interface Answer {
  ids: readonly string[]
  /** The rows in sight are those of another search or tab. */
  loading: boolean
  failed: boolean
}

/** Keys that are about rows of a list. */
export interface RowKeys {
  /** Keys that move about the rows. */
  moving: (keys: KeyBindings) => KeyBindings
  /** Keys that do something with the chosen row. */
  acting: (keys: KeyBindings) => KeyBindings
  /** A key was pressed ahead of the answer, which has several rows: it did nothing. */
  several: boolean
}

const each = (keys: KeyBindings, how: (action: KeyAction) => KeyAction): KeyBindings =>
  Object.fromEntries(Object.entries(keys).map(([key, action]) => [key, action && how(action)]))

/**
 * Keys about rows wait until the rows are the answer to what is typed and asked for: on rows of before they would open another
 * parcel. What was pressed ahead is done with the only row that was found, or with one that arrow keys went to; among several rows it
 * does nothing, and that is said.
 */
export function useRowKeys(search: Search, { ids, loading, failed }: Answer): RowKeys {
  const hold = useKeyHold(loading, { failed })
  /** Keys of ours were held; what is played now was pressed before the rows were seen. */
  const ahead = useRef(false)
  const moved = useRef(false)
  const [several, setSeveral] = useState(false)
  useEffect(() => {
    if (!several) return
    const over = () => setSeveral(false)
    window.addEventListener('keydown', over, { capture: true, once: true })
    return () => window.removeEventListener('keydown', over, { capture: true })
  }, [several])

  const waits = (event: KeyboardEvent) => {
    const fresh = search.isFresh()
    if (!loading && !fresh) return false
    ahead.current = true
    moved.current = false
    hold(event)
    if (fresh) search.now()
    return true
  }
  return {
    moving: (keys) =>
      each(keys, (move) => (event) => {
        if (waits(event)) return true
        if (wasHeld(event)) moved.current = true
        return move(event)
      }),
    acting: (keys) =>
      each(keys, (act) => (event) => {
        if (waits(event)) return true
        if (!wasHeld(event)) ahead.current = false
        if (!ahead.current || moved.current || ids.length === 1 || failed) return act(event)
        // What was pressed after it was about the row that it was to open.
        forgetHeld()
        setSeveral(ids.length > 1)
        return true
      }),
    several,
  }
}
