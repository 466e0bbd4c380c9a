import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { I18nextProvider } from 'react-i18next'
import { startTexts } from '@/i18n/i18n'
import { startLive } from '@/lib/live'
import { preferences } from '@/lib/preferences'
import { useStore } from '@/lib/store'
import { theme } from '@/theme/theme'
import { makeQueries } from './queries'
import { useColourScheme } from './useColourScheme'

/** Everything that screens expect around them: texts, theme, the cache of answers, and the core's events. */
export function Providers({ children }: { children: ReactNode }) {
  const chosen = useStore(preferences, (kept) => kept)
  const [texts] = useState(() => startTexts(chosen.language))
  const [queries] = useState(makeQueries)
  const scheme = useColourScheme(chosen.theme)

  useEffect(() => {
    void texts.changeLanguage(chosen.language)
    document.documentElement.lang = chosen.language
  }, [texts, chosen.language])

  useEffect(() => {
    const started = startLive(queries)
    return () => void started.then((stop) => stop())
  }, [queries])

  return (
    <I18nextProvider i18n={texts}>
      <MantineProvider theme={theme} forceColorScheme={scheme}>
        <QueryClientProvider client={queries}>{children}</QueryClientProvider>
      </MantineProvider>
    </I18nextProvider>
  )
}
