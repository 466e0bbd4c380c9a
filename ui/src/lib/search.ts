import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { createStore, type Store } from './store'

/** What is typed into the search of a list, which is ahead of what the list shows. */
export interface Search {
  /** As it stands in the field. */
  text: Store<string>
  /** What is searched for now. */
  value: string
  /** What is typed is not searched for yet. */
  isFresh: () => boolean
  /** Searches for what is typed without waiting for a pause. */
  now: () => void
}

/** The search of a list that searches for `value` now; `onSearch` is told what to search for, trimmed. */
export function useSearch(value: string, onSearch: (text: string) => void): Search {
  const [text] = useState(() => createStore(value))
  // What the field itself asked for comes back as `value`. Writing that over the text would take away what was typed since, and the
  // space before the next word.
  const asked = useRef(value)
  const now = useCallback(() => {
    asked.current = text.get().trim()
    onSearch(asked.current)
  }, [text, onSearch])
  useEffect(() => {
    if (value === asked.current) return
    asked.current = value
    text.set(value)
  }, [text, value])
  const isFresh = useCallback(() => text.get().trim() !== value, [text, value])
  return useMemo(() => ({ text, value, isFresh, now }), [text, value, isFresh, now])
}
