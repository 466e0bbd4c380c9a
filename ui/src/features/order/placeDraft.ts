import { ownKey } from '@/lib/own'
import { keep, readKept, type TypedPlace } from '@/lib/places'

const key = () => ownKey('postoffice.placeDrafts')

/** The draft that was left for an order when its editor closed without saving. */
export function keptDraft(ttn: string): TypedPlace | undefined {
  return readKept<Record<string, TypedPlace>>(key(), {})[ttn]
}

/** Keeps a draft; an empty one is forgotten. */
export function keepDraft(ttn: string, place: TypedPlace): void {
  const drafts = readKept<Record<string, TypedPlace>>(key(), {})
  if (place.city.trim() || place.street.trim()) drafts[ttn] = place
  else delete drafts[ttn]
  keep(key(), drafts)
}

/** Forgets the draft of an order. */
export function dropDraft(ttn: string): void {
  keepDraft(ttn, { city: '', street: '' })
}
