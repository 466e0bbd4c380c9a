import { createStore, useStore } from './store'

export type LanguageCode = 'uk' | 'en'
export type ThemeChoice = 'light' | 'dark' | 'system'

/** What the employee chose for this desktop; kept in the window's own storage. */
export interface Preferences {
  language: LanguageCode
  theme: ThemeChoice
}

const KEY = 'postoffice.preferences'

function read(): Preferences {
  const fallback: Preferences = {
    language: navigator.language.toLowerCase().startsWith('en') ? 'en' : 'uk',
    theme: 'system',
  }
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>
    return {
      language: kept.language === 'en' || kept.language === 'uk' ? kept.language : fallback.language,
      theme:
        kept.theme === 'light' || kept.theme === 'dark' || kept.theme === 'system' ? kept.theme : 'system',
    }
  } catch {
    // Storage switched off or edited by hand: the defaults do.
    return fallback
  }
}

/** The present preferences; set through [`prefer`]. */
export const preferences = createStore<Preferences>(read())

// Another window of this desktop changed them.
addEventListener('storage', ({ key }) => {
  if (key === KEY) preferences.set(read())
})

/** Changes preferences and keeps them for the next start. */
export function prefer(change: Partial<Preferences>): void {
  const next = { ...preferences.get(), ...change }
  preferences.set(next)
  try {
    localStorage.setItem(KEY, JSON.stringify(next))
  } catch {
    // The choice holds until the window closes.
  }
}

/** The language of the window. */
export function useLanguage(): LanguageCode {
  return useStore(preferences, (kept) => kept.language)
}
