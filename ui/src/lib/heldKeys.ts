import { useLayoutEffect, useRef, useState } from 'react'
import { playKey } from './playKey'
import { createStore } from './store'

/**
 * Keys that are pressed while what they are meant for is still on its way: an order that is being loaded, the answer to a search, a
 * form that is being saved. They wait, in order, and happen when it is there, as if the clerk had typed slowly. Nothing that is typed
 * is lost, and nothing reaches what was on the screen before.
 *
 * The way out is Esc, twice: what waits is forgotten, and Esc does what it does. A single one waits behind other keys; as the first it
 * goes through at once, unless what is on its way cannot be given up any more (`escape: 'waits'`).
 */
interface Hold {
  escape: 'passes' | 'waits'
}

const holds = new Set<Hold>()
const played = new WeakSet<Event>()
let waiting: KeyboardEvent[] = []
let playing = false

/** How many keys wait. */
export const heldCount = createStore(0)

const counted = () => heldCount.set(waiting.length)

/** The key was pressed before what it is about was there; whoever pressed it has not seen that. */
export function wasHeld(event: Event): boolean {
  return played.has(event)
}

/** Forgets the keys that wait: what they were pressed for did not come about. */
export function forgetHeld(): void {
  waiting = []
  counted()
}

function capture(event: KeyboardEvent): void {
  if (played.has(event) || event.isComposing || event.key === 'Dead') return
  if (/^(Shift|Control|Alt|Meta|CapsLock)/.test(event.code)) return
  if (event.code === 'Escape') {
    const first = waiting.length === 0 && [...holds].some((hold) => hold.escape === 'passes')
    if (first || waiting.at(-1)?.code === 'Escape') {
      forgetHeld()
      holds.clear()
      listen()
      return
    }
  }
  event.preventDefault()
  event.stopImmediatePropagation()
  waiting.push(event)
  counted()
}

let listening = false
function listen(): void {
  const wanted = holds.size > 0 || waiting.length > 0
  if (wanted === listening) return
  listening = wanted
  if (wanted) window.addEventListener('keydown', capture, { capture: true })
  else window.removeEventListener('keydown', capture, { capture: true })
}

/** Lets the keys happen one after the other, each in its own turn: the one before is drawn, and may have begun a hold of its own. */
function play(): void {
  if (playing) return
  playing = true
  setTimeout(() => {
    playing = false
    const next = holds.size === 0 ? waiting.shift() : undefined
    counted()
    if (next) playKey(next, (event) => played.add(event))
    listen()
    if (holds.size === 0 && waiting.length > 0) play()
  })
}

/** Holds keys back until the returned function is called, with `true` to forget them. `first` is held already. */
function holdKeys(esc: Hold['escape'], first?: KeyboardEvent): (failed: boolean) => void {
  const hold: Hold = { escape: esc }
  holds.add(hold)
  if (first) {
    // Played and held again, it is before all others.
    waiting.unshift(first)
    counted()
  }
  listen()
  return (failed) => {
    if (!holds.delete(hold)) return
    if (failed) forgetHeld()
    listen()
    play()
  }
}

interface Waiting {
  /** What was waited for did not come: the keys are forgotten. Read when the waiting ends. */
  failed?: boolean
  escape?: Hold['escape']
}

/** Holds all keys back while `waits`. */
export function useHeldKeys(waits: boolean, { failed = false, escape: esc = 'passes' }: Waiting = {}): void {
  const end = useRef<(failed: boolean) => void>(undefined)
  useLayoutEffect(() => {
    if (waits) end.current ??= holdKeys(esc)
    else {
      end.current?.(failed)
      end.current = undefined
    }
  })
  useLayoutEffect(
    () => () => {
      end.current?.(false)
      end.current = undefined
    },
    [],
  )
}

/**
 * For a key that is about something that is not here: the returned function holds it back, and all keys after it, until `waits` is
 * false in what is drawn next.
 */
export function useKeyHold(waits: boolean, { failed = false, escape: esc = 'passes' }: Waiting = {}) {
  const [, drawAgain] = useState(0)
  const end = useRef<(failed: boolean) => void>(undefined)
  useLayoutEffect(() => {
    if (waits) return
    end.current?.(failed)
    end.current = undefined
  })
  useLayoutEffect(
    () => () => {
      // Whoever it was meant for is gone.
      end.current?.(true)
      end.current = undefined
    },
    [],
  )
  return (event: KeyboardEvent): void => {
    end.current ??= holdKeys(esc, event)
    drawAgain((times) => times + 1)
  }
}
