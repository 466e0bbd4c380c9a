import { keepDraft as keep, readDraft } from '@/lib/drafts'
import type { TypedPlace } from '@/lib/places'

type Places = Record<string, TypedPlace>

/** The draft that was left for an order when its editor closed without saving. */
export function keptDraft(ttn: string): TypedPlace | undefined {
  return readDraft<Places>('places', {})[ttn]
}

/** Keeps a draft; an empty one is forgotten. */
export function keepDraft(ttn: string, place: TypedPlace): void {
  const { [ttn]: _before, ...others } = readDraft<Places>('places', {})
  const places = place.city.trim() || place.street.trim() ? { ...others, [ttn]: place } : others
  void keep('places', Object.keys(places).length > 0 ? places : undefined)
}

/** Forgets the draft of an order. */
export function dropDraft(ttn: string): void {
  keepDraft(ttn, { city: '', street: '' })
}
