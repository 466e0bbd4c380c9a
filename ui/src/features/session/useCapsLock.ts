import { type KeyboardEvent, useState } from 'react'

/** Whether Caps Lock is on, as far as the keys pressed in a field tell. Spread `watch` over the field. */
export function useCapsLock() {
  const [on, setOn] = useState(false)
  const look = (event: KeyboardEvent) => setOn(event.getModifierState('CapsLock'))
  return { on, watch: { onKeyUp: look, onKeyDown: look } }
}
