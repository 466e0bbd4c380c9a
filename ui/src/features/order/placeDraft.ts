import { ownKey } from '@/lib/own'

/** A place as typed. */
export interface TypedPlace {
  city: string
  street: string
}

const drafts = () => ownKey('postoffice.placeDrafts')
const RECENT = 'postoffice.recentPlaces'
/** Places that a station remembers. */
const REMEMBERED = 5

function read<T>(key: string, fallback: T): T {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? 'null') as T | null) ?? fallback
  } catch {
    // Switched off or edited by hand: what it held can be typed again.
    return fallback
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Full or switched off: the draft lives as long as the drawer.
  }
}

/** The draft that was left for an order when its editor closed without saving. */
export function keptDraft(ttn: string): TypedPlace | undefined {
  return read<Record<string, TypedPlace>>(drafts(), {})[ttn]
}

/** Keeps a draft; an empty one is forgotten. */
export function keepDraft(ttn: string, place: TypedPlace): void {
  const kept = read<Record<string, TypedPlace>>(drafts(), {})
  if (place.city.trim() || place.street.trim()) kept[ttn] = place
  else delete kept[ttn]
  write(drafts(), kept)
}

/** Forgets the draft of an order. */
export function dropDraft(ttn: string): void {
  keepDraft(ttn, { city: '', street: '' })
}

/** The last places saved at this desktop, newest first. */
export function recentPlaces(): TypedPlace[] {
  return read<TypedPlace[]>(RECENT, [])
}

/** Remembers a place that was saved. */
export function rememberPlace(place: TypedPlace): void {
  const others = recentPlaces().filter(({ city, street }) => city !== place.city || street !== place.street)
  write(RECENT, [place, ...others].slice(0, REMEMBERED))
}
