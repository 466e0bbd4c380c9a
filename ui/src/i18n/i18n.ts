import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import en from './en/all'
import uk from './uk/all'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common'
    resources: typeof en
    // Keys hold dots; they do not nest.
    keySeparator: false
  }
}

/** Starts the texts in a language. Both languages are inside the bundle, so a switch needs no loading. */
export function startTexts(language: 'uk' | 'en'): typeof i18next {
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { en, uk },
    defaultNS: 'common',
    keySeparator: false,
    // React escapes by itself.
    interpolation: { escapeValue: false },
    initAsync: false,
    returnNull: false,
  })
  return i18next
}
