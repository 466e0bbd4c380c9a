import { useEffect, useState } from 'react'
import { core } from '@/lib/platform'
import type { Quote } from '@/protocol/protocol'
import { type CargoRow, cargoPath, itemOf, PROTOCOL_PART } from './draft'
import type { Refusals } from './useRefusals'

/** The price so far, and the chargeable weight of the rows that are good, by their key. */
export interface RunningQuote {
  quote: Quote | undefined
  chargeable: ReadonlyMap<string, number>
}

const NONE: RunningQuote = { quote: undefined, chargeable: new Map() }

/** True when the rules have nothing against a row. */
export function isGood(position: number, refusals: Refusals['cargo']): boolean {
  const parts = Object.keys(PROTOCOL_PART) as (keyof typeof PROTOCOL_PART)[]
  return parts.every((part) => !refusals.some(({ field }) => field === cargoPath(position, part)))
}

/** Prices the good rows by today's tariff while people type. */
export function useQuote(cargo: readonly CargoRow[], refusals: Refusals['cargo']): RunningQuote {
  const [running, setRunning] = useState(NONE)
  useEffect(() => {
    let current = true
    const good = cargo.filter((_, position) => isGood(position, refusals))
    if (!good.length) {
      setRunning(NONE)
      return
    }
    core.quote(good.map(itemOf)).then(
      (quote) => {
        if (!current) return
        const chargeable = new Map(good.map((row, position) => [row.key, quote.chargeable_g[position] ?? 0]))
        setRunning({ quote, chargeable })
      },
      // Between two keystrokes a row can be refused before its refusal is known here.
      () => current && setRunning(NONE),
    )
    return () => {
      current = false
    }
  }, [cargo, refusals])
  return running
}
