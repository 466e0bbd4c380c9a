/** How a key moves the selection of a list. */
export type Step = 'up' | 'down' | 'pageUp' | 'pageDown' | 'home' | 'end'

const KEYS: Record<string, Step> = {
  ArrowDown: 'down',
  ArrowUp: 'up',
  PageDown: 'pageDown',
  PageUp: 'pageUp',
}

/** The step of a key that goes over the list also while the search field has the focus. */
export function stepOf(code: string): Step | undefined {
  return KEYS[code]
}

/** The row after a step; stays inside the list. `page` is the number of rows in sight. */
export function step(how: Step, at: number, length: number, page: number): number {
  const to = {
    up: at - 1,
    down: at + 1,
    pageUp: at - Math.max(1, page - 1),
    pageDown: at + Math.max(1, page - 1),
    home: 0,
    end: length - 1,
  }[how]
  return Math.max(0, Math.min(length - 1, to))
}
