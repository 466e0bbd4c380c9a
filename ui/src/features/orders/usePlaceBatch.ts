import { useEffect, useRef, useState } from 'react'
import type { TypedPlace } from '@/lib/places'
import { core } from '@/lib/platform'
import { asProblem } from '@/lib/problem'
import type { Problem } from '@/protocol/protocol'

/** Orders under way at once: enough for the server to write them in one commit, few enough to leave room for heartbeats. */
const AT_ONCE = 8

/** How far the change of one order is. */
export type Fate = { is: 'waits' } | { is: 'sent' } | { is: 'saved' } | { is: 'refused'; problem: Problem }

/** How far a batch is; orders in the order they were given. */
export type Fates = ReadonlyMap<string, Fate>

/** How many of a batch have come to an end, and which were refused. */
export function summary(fates: Fates) {
  const all = [...fates]
  const refused = all.filter(([, fate]) => fate.is === 'refused').map(([ttn]) => ttn)
  const saved = all.filter(([, fate]) => fate.is === 'saved').length
  return { saved, refused, left: all.length - saved - refused.length }
}

async function setPlace(ttn: string, place: TypedPlace): Promise<Fate> {
  try {
    // One order a call: each waits for the link, goes again and ends by itself.
    const items = [{ command_id: await core.newCommandId(), ttn }]
    const { problem } = await core.submit('orders.set_places', { items, ...place })
    return problem ? { is: 'refused', problem } : { is: 'saved' }
  } catch (thrown) {
    return { is: 'refused', problem: asProblem(thrown) }
  }
}

/** Gives many orders one place. What is under way goes on when nobody looks any more. */
export function usePlaceBatch() {
  const [fates, setFates] = useState<Fates>(new Map())
  const [unreadable, setUnreadable] = useState<Problem>()
  const gone = useRef(false)
  useEffect(() => {
    gone.current = false
    return () => {
      gone.current = true
    }
  }, [])

  const tell = (ttn: string, fate: Fate) => {
    if (!gone.current) setFates((before) => new Map(before).set(ttn, fate))
  }

  /** Resolves with what became of each; of none, if the place itself cannot be read. */
  const run = async (ttns: readonly string[], place: TypedPlace): Promise<Fates> => {
    setUnreadable(undefined)
    setFates(new Map(ttns.map((ttn) => [ttn, { is: 'waits' }])))
    const ended = new Map<string, Fate>()
    const left = [...ttns]
    const next = async () => {
      const ttn = left.shift()
      if (ttn === undefined) return
      tell(ttn, { is: 'sent' })
      const fate = await setPlace(ttn, place)
      ended.set(ttn, fate)
      tell(ttn, fate)
      return fate
    }
    // The first goes alone: a place that cannot be read would be refused for all of them.
    const first = await next()
    if (first?.is === 'refused' && first.problem.code === 'invalid_fields') {
      if (!gone.current) {
        setUnreadable(first.problem)
        setFates(new Map())
      }
      return new Map()
    }
    const work = async () => {
      while (await next()) {
        // One after the other; the others are beside it.
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return ended
  }

  return { fates, unreadable, run, forget: () => setUnreadable(undefined) }
}
