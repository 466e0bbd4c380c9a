import type { InLine, LineState } from '@/protocol/protocol'
import { core } from './platform'
import { asProblem } from './problem'
import { createStore, type Store, useStore } from './store'

/**
 * What the clerk wants of the line: the editor at once (`ask`), the lost drawer back (`reopen`), or only to be told (`wait`). The
 * first two open by themselves where the order is at hand; the last one opens nothing that was not asked for.
 */
export type Intent = 'ask' | 'reopen' | 'wait'

/** A line that this window waits in. */
export interface Waiting {
  line: InLine
  /** By this desktop's clock: the times in `line` count from here. */
  toldAt: number
  intent: Intent
}

/** The lines that this window waits in, by TTN. The core keeps the places in them. */
export const lines: Store<ReadonlyMap<string, Waiting>> = createStore<ReadonlyMap<string, Waiting>>(new Map())

/** The order on the screen, if its editor may open there by itself. */
export const atHand: Store<string | undefined> = createStore<string | undefined>(undefined)

/** What was wanted when the line was joined; the core knows only that somebody waits. */
const intents = new Map<string, Intent>()

/** Takes in how a line stands. */
export function takeLine({ ttn, line }: LineState, now: number): void {
  lines.set((before) => {
    const after = new Map(before)
    if (line) after.set(ttn, { line, toldAt: now, intent: intents.get(ttn) ?? 'wait' })
    else after.delete(ttn)
    return after
  })
  if (!line) intents.delete(ttn)
}

/** Changes what is wanted, where somebody waits. */
export function setIntent(ttn: string, intent: Intent): void {
  if (!intents.has(ttn)) return
  intents.set(ttn, intent)
  lines.set((before) => {
    const waiting = before.get(ttn)
    return waiting ? new Map(before).set(ttn, { ...waiting, intent }) : before
  })
}

/** Stands in line for a lock. Rejects with a `Problem`; then everything is as it was before. */
export async function standInLine(ttn: string, intent: Intent): Promise<void> {
  const before = intents.get(ttn)
  intents.set(ttn, intent)
  try {
    await (intent === 'ask' ? core.askForLock(ttn) : core.waitForLock(ttn))
  } catch (thrown) {
    if (before) intents.set(ttn, before)
    else intents.delete(ttn)
    throw asProblem(thrown)
  }
}

/** Milliseconds left of a time that was told with a line. */
export function leftOf(waiting: Waiting, ms: number, now: number): number {
  return Math.max(0, waiting.toldAt + ms - now)
}

/** Whether the holder may be asked now: not while the question stands, nor while somebody keeps it. */
export function mayAsk(waiting: Waiting | undefined, now: number): boolean {
  switch (waiting?.line.state) {
    case undefined:
    case 'waiting':
      return true
    case 'kept':
      return leftOf(waiting, waiting.line.ask_again_in_ms, now) === 0
    default:
      return false
  }
}

/** How it stands with the line for an order, if this window waits in it. */
export function useLine(ttn: string): Waiting | undefined {
  return useStore(lines, (all) => all.get(ttn))
}
