import { useEffect, useState } from 'react'
import { core } from '@/lib/platform'
import type { FieldRefusal } from '@/protocol/protocol'
import { type Draft, orderOf } from './draft'

/** What the rules refuse of the parties and of the cargo, kept current while people type. */
export interface Refusals {
  parties: readonly FieldRefusal[]
  cargo: readonly FieldRefusal[]
}

const NOTHING: Refusals = { parties: [], cargo: [] }

/** Asks the rules about a draft, once. */
export async function askRules(draft: Draft): Promise<Refusals> {
  const order = orderOf(draft)
  const [parties, cargo] = await Promise.all([core.checkParties(order), core.checkCargo(order)])
  return { parties, cargo }
}

/** What the rules refuse of a draft: the same Rust as on the server, asked without it. */
export function useRefusals(draft: Draft): Refusals {
  const [refusals, setRefusals] = useState(NOTHING)
  useEffect(() => {
    let current = true
    askRules(draft).then(
      (now) => current && setRefusals(now),
      // The server checks again on saving; nothing is lost.
      () => current && setRefusals(NOTHING),
    )
    return () => {
      current = false
    }
  }, [draft])
  return refusals
}
