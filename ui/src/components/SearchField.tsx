import { IconSearch } from '@tabler/icons-react'
import { type KeyboardEvent, type Ref, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { combinationOf, type KeyBindings } from '@/lib/keys'
import type { Search } from '@/lib/search'
import { useStore } from '@/lib/store'
import { KeyHint } from './KeyHint'
import css from './SearchField.module.css'

const TYPING_MS = 200
const LONGEST = 100

interface Props {
  ref: Ref<HTMLInputElement>
  search: Search
  label: string
  /** Keys of the list below that work from here too. */
  keys: KeyBindings
  /** A key was pressed ahead of the answer, and several rows were found. */
  several: boolean
}

/** The search of a list, in the head of the paper. Some keys go on to the list, Esc clears and then leaves. */
export function SearchField({ ref, search, label, keys, several }: Props) {
  const { t } = useTranslation()
  const text = useStore(search.text, (now) => now)
  const [focused, setFocused] = useState(false)
  useEffect(() => {
    if (text.trim() === search.value) return
    const timer = setTimeout(search.now, TYPING_MS)
    return () => clearTimeout(timer)
  }, [text, search])

  const keyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const action = keys[combinationOf(event.nativeEvent)]
    if (event.code === 'Escape' && !text) event.currentTarget.blur()
    else if (event.code === 'Escape') {
      search.text.set('')
      search.now()
    } else if (!action || action(event.nativeEvent) === false) return
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
        onChange={(event) => search.text.set(event.target.value)}
        onKeyDown={keyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        data-testid="search"
      />
      <span className={css.key}>
        <KeyHint keys={focused ? 'Escape' : 'F3'} />
      </span>
      <p className={css.said} role="status" data-testid="search-several" hidden={!several}>
        {several && t('search.several')}
      </p>
    </div>
  )
}
