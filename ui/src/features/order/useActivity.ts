import { useEffect } from 'react'
import { noteActivity, questions } from '@/lib/questions'
import { useStore } from '@/lib/store'

/** The core is told that somebody works at most this often. */
const NOTE_EVERY_MS = 1000

/** While a colleague's question about an order waits, tells the core that the clerk is at work in its editor. */
export function useActivity(ttn: string): void {
  const asked = useStore(questions, (all) => all.has(ttn))
  useEffect(() => {
    if (!asked) return
    let last = Number.NEGATIVE_INFINITY
    const note = (event: Event) => {
      // F6 and Shift+F6 are the answer itself.
      if (event instanceof KeyboardEvent && event.code === 'F6') return
      if (event.timeStamp - last < NOTE_EVERY_MS) return
      last = event.timeStamp
      noteActivity(ttn)
    }
    const heard = ['keydown', 'pointerdown', 'wheel'] as const
    for (const name of heard) window.addEventListener(name, note, { capture: true, passive: true })
    return () => {
      for (const name of heard) window.removeEventListener(name, note, { capture: true })
    }
  }, [asked, ttn])
}
