import { createStore, type Store } from '@/lib/store'
import type { CustomerNotice, Language } from '@/protocol/protocol'

/** Which text: its occasion and its language. */
export type TextKey = `${CustomerNotice}-${Language}`

/** The occasions in the order of a parcel's life. */
export const NOTICES: readonly CustomerNotice[] = ['accepted', 'arrived', 'completed']
/** The languages a customer can choose. */
export const LANGUAGES: readonly Language[] = ['uk', 'en']

/** The key of a text. */
export const keyOf = (notice: CustomerNotice, language: Language): TextKey => `${notice}-${language}`

const KEY = 'postoffice.textDrafts'

/** Texts that were changed here and are not saved. They stay while other screens are looked at, and for the next start. */
export const drafts: Store<ReadonlyMap<TextKey, string>> = createStore<ReadonlyMap<TextKey, string>>(
  new Map(kept()),
)

// They outlive the window too.
drafts.subscribe(() => {
  try {
    localStorage.setItem(KEY, JSON.stringify([...drafts.get()]))
  } catch {
    // Full or switched off: they live as long as the window.
  }
})

function kept(): [TextKey, string][] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(read) ? (read as [TextKey, string][]) : []
  } catch {
    // Switched off or edited by hand: the texts are as they are saved.
    return []
  }
}

/** Keeps a draft; one that says what is saved already is none. */
export function keepDraft(key: TextKey, text: string, saved: string): void {
  drafts.set((before) => {
    const after = new Map(before)
    if (text === saved) after.delete(key)
    else after.set(key, text)
    return after
  })
}

/** The draft is saved, or not wanted any more. */
export function dropDraft(key: TextKey): void {
  drafts.set((before) => {
    const after = new Map(before)
    after.delete(key)
    return after
  })
}
