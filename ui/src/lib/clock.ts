import { useEffect, useState } from 'react'
import { createStore } from './store'

/** How far the server's clock is ahead of this desktop's, milliseconds. Set from every answer that names the server's time. */
export const serverClockOffset = createStore(0)

/** Now by the server's clock, as far as it is known: ages stay right on a desktop with a wrong clock. */
export function serverNow(): number {
  return Date.now() + serverClockOffset.get()
}

/** Now by the server's clock, told again every `everyMs` on the full step, so that all ages on a screen change together. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const step = () => {
      setNow(serverNow())
      timer = setTimeout(step, everyMs - (serverNow() % everyMs))
    }
    timer = setTimeout(step, everyMs - (serverNow() % everyMs))
    return () => clearTimeout(timer)
  }, [everyMs])
  return now
}
