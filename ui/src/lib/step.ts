/** How a key moves the selection of a list. */
export type Step = 'up' | 'down' | 'pageUp' | 'pageDown' | 'home' | 'end'

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
