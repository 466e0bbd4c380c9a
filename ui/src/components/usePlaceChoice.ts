import type { Icon } from '@tabler/icons-react'
import { type KeyboardEvent, useState } from 'react'
import { isWhole, mayMean, placeOf, placeText, samePlace, type TypedPlace } from '@/lib/places'

/** A place worth one press. */
export interface Suggestion {
  icon: Icon
  /** Heading of its group; written once per group. */
  heading: string
  place: TypedPlace
  /** Name of the place, when it has one. */
  name?: string
  /** At the right end: a word for a place that means something. */
  mark?: string
  /** At the right end: when it was last used. */
  time?: string
}

/** What stands in the field, which suggestion is meant by it, and the place that comes of both. */
export interface PlaceChoice {
  text: string
  /** The suggestions that fit the text. */
  shown: readonly Suggestion[]
  /** Index in `shown` of the one that is meant; -1: none. */
  at: number
  /** What would be saved. */
  place: TypedPlace
  write: (text: string) => void
  take: (place: TypedPlace) => void
  /** Arrow keys go over the suggestions, Enter writes the one that is meant into the field. */
  onKeyDown: (event: KeyboardEvent) => void
}

/** A place from one field: typed in full, or by its beginning and a suggestion. */
export function usePlaceChoice(initial: TypedPlace, suggestions: readonly Suggestion[]): PlaceChoice {
  const [text, setText] = useState(() => placeText(initial))
  const [moved, setMoved] = useState<number>()
  const typed = placeOf(text)
  const exact = suggestions.some(({ place }) => samePlace(place, typed))
  const blank = text.trim() === ''
  // Once a place stands there in full, the others are offered again.
  const shown =
    blank || exact ? suggestions : suggestions.filter(({ place, name }) => mayMean(text, place, name))
  const meant = () => {
    if (moved !== undefined && moved < shown.length) return moved
    if (exact) return shown.findIndex(({ place }) => samePlace(place, typed))
    return blank || isWhole(typed) || shown.length === 0 ? -1 : 0
  }
  const at = meant()
  const place = shown[at]?.place ?? typed
  const write = (next: string) => {
    setMoved(undefined)
    setText(next)
  }
  const take = (taken: TypedPlace) => write(placeText(taken))
  const step = (by: number) => {
    const to = at < 0 ? (by > 0 ? 0 : shown.length - 1) : at + by
    setMoved(Math.max(0, Math.min(shown.length - 1, to)))
  }
  return {
    text,
    shown,
    at,
    place: { city: place.city, street: place.street },
    write,
    take,
    onKeyDown: (event) => {
      const bare = !event.ctrlKey && !event.metaKey && !event.altKey
      if (event.code === 'ArrowDown' && shown.length > 0) step(1)
      else if (event.code === 'ArrowUp' && shown.length > 0) step(-1)
      else if (bare && /^(Numpad)?Enter$/.test(event.code) && at >= 0) take(place)
      else return
      event.preventDefault()
    },
  }
}
