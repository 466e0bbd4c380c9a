import { useMemo } from 'react'
import { keepDraft as keep, parsed, readDraft, useDraftText } from '@/lib/drafts'
import type { CustomerNotice, Language } from '@/protocol/protocol'

/** Which text: its occasion and its language. */
export type TextKey = `${CustomerNotice}-${Language}`

/** The occasions in the order of a parcel's life. */
export const NOTICES: readonly CustomerNotice[] = ['accepted', 'arrived', 'completed']
/** The languages a customer can choose. */
export const LANGUAGES: readonly Language[] = ['uk', 'en']

/** The key of a text. */
export const keyOf = (notice: CustomerNotice, language: Language): TextKey => `${notice}-${language}`

type Texts = Partial<Record<TextKey, string>>

/** Texts that were changed here and are not saved. They stay while other screens are looked at, and for the next start. */
export function useDrafts(): Texts {
  const text = useDraftText('texts')
  return useMemo(() => parsed<Texts>(text, {}), [text])
}

function without(key: TextKey): Texts {
  const { [key]: _before, ...others } = readDraft<Texts>('texts', {})
  return others
}

const put = (texts: Texts) => void keep('texts', Object.keys(texts).length > 0 ? texts : undefined)

/** Keeps a draft; one that says what is saved already is none. */
export function keepDraft(key: TextKey, text: string, saved: string): void {
  put(text === saved ? without(key) : { ...without(key), [key]: text })
}

/** The draft is saved, or not wanted any more. */
export function dropDraft(key: TextKey): void {
  put(without(key))
}

/** The draft was saved as it was then; what was typed since stays. */
export function dropSaved(key: TextKey, text: string): void {
  if (readDraft<Texts>('texts', {})[key] === text) dropDraft(key)
}
