import { useTranslation } from 'react-i18next'
import { type LanguageCode, prefer, useLanguage } from '@/lib/preferences'
import { Segmented } from './Segmented'

const LANGUAGES: readonly { value: LanguageCode; label: string }[] = [
  { value: 'uk', label: 'Українська' },
  { value: 'en', label: 'English' },
]

/** Switches the language of the window; each language is named in itself. */
export function SegmentedLanguage({ fullWidth }: { fullWidth?: boolean }) {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <Segmented
      label={t('settings.language')}
      value={language}
      options={LANGUAGES}
      onChange={(next) => prefer({ language: next })}
      fullWidth={fullWidth}
    />
  )
}
