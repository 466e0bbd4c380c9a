import { useEffect, useState } from 'react'
import type { ThemeChoice } from '@/lib/preferences'

const DARK = '(prefers-color-scheme: dark)'

/** The scheme to draw: the chosen one, or the system's, followed while the window is open. */
export function useColourScheme(choice: ThemeChoice): 'light' | 'dark' {
  const [system, setSystem] = useState(() => window.matchMedia(DARK).matches)
  useEffect(() => {
    const media = window.matchMedia(DARK)
    const follow = () => setSystem(media.matches)
    media.addEventListener('change', follow)
    return () => media.removeEventListener('change', follow)
  }, [])
  if (choice !== 'system') return choice
  return system ? 'dark' : 'light'
}
