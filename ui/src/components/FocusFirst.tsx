import { useLayoutEffect, useRef } from 'react'

/**
 * Puts the focus where a dialog wants it, in the moment it is drawn: Mantine does so a little later, and the keys that a quick clerk
 * presses in between would be lost.
 */
export function FocusFirst() {
  const here = useRef<HTMLSpanElement>(null)
  useLayoutEffect(() => {
    const dialog = here.current?.closest('[role="dialog"]')
    dialog?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
  }, [])
  return <span ref={here} hidden />
}
