import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, type Ref, useCallback, useEffect, useRef, useState } from 'react'
import { KeyHint } from './KeyHint'
import css from './SearchField.module.css'

const TYPING_MS = 200
const LONGEST = 100

interface Props {
  ref: Ref<HTMLInputElement>
  /** What is searched for now. */
  value: string
  label: string
  /** Told what to search for, once the typing pauses; trimmed. */
  onSearch: (text: string) => void
  /** Enter was pressed; `isFresh`: the text is not searched for yet. `false` lets a fresh text be searched for at once. */
  onEnter: (text: string, isFresh: boolean) => boolean
  /** A key that may belong to the list below; `true`: it did. */
  onListKey: (code: string) => boolean
}

/** The search of a list, in the head of the paper. Arrow keys go on to the list, Esc clears and then leaves. */
export function SearchField({ ref, value, label, onSearch, onEnter, onListKey }: Props) {
  const [text, setText] = useState(value)
  const [focused, setFocused] = useState(false)

  // What this field itself asked for comes back as `value`. Writing that over the text would take away what was typed since, and
  // the space before the next word.
  const asked = useRef(value)
  const search = useCallback(
    (wanted: string) => {
      asked.current = wanted
      onSearch(wanted)
    },
    [onSearch],
  )
  useEffect(() => {
    if (value === asked.current) return
    asked.current = value
    setText(value)
  }, [value])
  useEffect(() => {
    const wanted = text.trim()
    if (wanted === value) return
    const timer = setTimeout(() => search(wanted), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text, value, search])

  const keyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.code === 'Enter' || event.code === 'NumpadEnter') {
      const isFresh = text.trim() !== value
      if (!onEnter(text, isFresh) && isFresh) search(text.trim())
    } else if (event.code === 'Escape' && !text) event.currentTarget.blur()
    else if (event.code === 'Escape') {
      setText('')
      search('')
    } else if (!onListKey(event.code)) return
    event.preventDefault()
  }

  return (
    <div className={css.search}>
      <IconSearch size={17} stroke={1.7} aria-hidden />
      <input
        ref={ref}
        className={css.input}
        aria-label={label}
        placeholder={label}
        value={text}
        maxLength={LONGEST}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={keyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
      />
      <span className={css.key}>
        <KeyHint keys={focused ? 'Escape' : 'F3'} />
      </span>
    </div>
  )
}
