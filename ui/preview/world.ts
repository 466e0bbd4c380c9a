/** What the address asks for: `?lang=uk|en&theme=light|dark&state=live|offline|catching|signed-out|empty&role=clerk|supervisor|admin`. */
export interface World {
  lang: 'uk' | 'en'
  theme: 'light' | 'dark'
  state: string
  role: 'clerk' | 'supervisor' | 'admin'
}

const asked = new URLSearchParams(window.location.search)

export const world: World = {
  lang: asked.get('lang') === 'en' ? 'en' : 'uk',
  theme: asked.get('theme') === 'dark' ? 'dark' : 'light',
  state: asked.get('state') ?? 'live',
  role: (['supervisor', 'admin'] as const).find((role) => role === asked.get('role')) ?? 'clerk',
}

/** Picks the text of the asked language. */
export const say = (uk: string, en: string) => (world.lang === 'uk' ? uk : en)

/** 22 November 2026, 14:32:10 in Kyiv: the moment of all pictures. */
export const NOW = Date.UTC(2026, 10, 22, 12, 32, 10)

/** A time of that day in Kyiv, `14:28` or `14:28:51`. */
export function at(text: string): number {
  const [hour = 0, minute = 0, second = 0] = text.split(':').map(Number)
  return Date.UTC(2026, 10, 22, hour - 2, minute, second)
}

/** The clock stands still, or ages would differ from picture to picture. */
export function freezeClock(): void {
  Date.now = () => NOW
}
