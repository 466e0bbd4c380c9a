import { useCallback, useEffect, useRef, useState } from 'react'
import { setIntent } from '@/lib/line'
import { hearEditorLost } from '@/lib/live'
import { core } from '@/lib/platform'
import { asProblem } from '@/lib/problem'
import type { EditorOpened, LockLoss, Problem } from '@/protocol/protocol'

/** Where the editor is: the lock is asked for, held, refused, or lost with the draft still there. */
export type EditorState =
  | { is: 'opening' }
  | { is: 'open'; opened: EditorOpened }
  | { is: 'refused'; problem: Problem }
  | { is: 'lost'; problem: Problem; how?: LockLoss }

/**
 * The lock of an order while its place is edited: taken when the drawer opens, renewed by the core, let go when the drawer closes.
 * Losing it makes the drawer read-only before anybody else can get it.
 */
export function usePlaceEditor(ttn: string) {
  const [state, setState] = useState<EditorState>({ is: 'opening' })
  const closed = useRef(false)

  const open = useCallback(() => {
    setState({ is: 'opening' })
    core.openEditor(ttn, 'edit_place').then(
      (opened) => {
        // The drawer was closed before the answer came: nobody else must wait for a lock that is not used.
        if (closed.current) void core.closeEditor(ttn)
        else setState({ is: 'open', opened })
      },
      (thrown: unknown) => setState({ is: 'refused', problem: asProblem(thrown) }),
    )
  }, [ttn])

  useEffect(() => {
    closed.current = false
    open()
    const stop = hearEditorLost((lost) => {
      if (lost.ttn === ttn) setState({ is: 'lost', problem: lost.problem, how: lost.how })
    })
    return () => {
      closed.current = true
      stop()
      // Whoever closes the drawer goes on waiting, if they did, and is only told: it does not open again by itself.
      setIntent(ttn, 'wait')
      void core.closeEditor(ttn)
    }
  }, [open, ttn])

  // Who has it and how they got it may have been told already.
  const lose = (problem: Problem) =>
    setState((before) => (before.is === 'lost' ? before : { is: 'lost', problem }))
  return { state, reopen: open, lose }
}
