import { keep, readKept, type TypedPlace } from '@/lib/places'

const DRAFTS = 'postoffice.placeDrafts'

/** The draft that was left for an order when its editor closed without saving. */
export function keptDraft(ttn: string): TypedPlace | undefined {
  return readKept<Record<string, TypedPlace>>(DRAFTS, {})[ttn]
}

/** Keeps a draft; an empty one is forgotten. */
export function keepDraft(ttn: string, place: TypedPlace): void {
  const drafts = readKept<Record<string, TypedPlace>>(DRAFTS, {})
  if (place.city.trim() || place.street.trim()) drafts[ttn] = place
  else delete drafts[ttn]
  keep(DRAFTS, drafts)
}

/** Forgets the draft of an order. */
export function dropDraft(ttn: string): void {
  keepDraft(ttn, { city: '', street: '' })
}
