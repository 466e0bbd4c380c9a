import type { InLine, LockHolder, LockLoss, LockView } from '@/protocol/protocol'
import { tell } from './core'
import { at, NOW, say } from './world'

const asked = new URLSearchParams(window.location.search)

const holder = (station: string, since: number, who: number): LockHolder => ({
  session: `s-${station}`,
  employee: `e-${who}`,
  name: say(`Оператор ${who}`, `Clerk ${who}`),
  station,
  since,
  purpose: 'edit_place',
})

const held = (ttn: string, by: LockHolder): LockView => ({ ttn, holder: by, expires_in_ms: 30_000 })

const seven = holder('3', at('14:31:10'), 7)

/** `?lock=8123…`: clerk 7 edits that order; `?mine=8123…`: this very session does. */
export const lockViews: LockView[] = [
  held('1272818479753865', holder('3', NOW - 42_000, 7)),
  held('7295219408858588', holder('5', NOW - 7_000, 8)),
  ...(asked.get('lock') ? [held(asked.get('lock') ?? '', seven)] : []),
  ...(asked.get('mine')
    ? [held(asked.get('mine') ?? '', { ...holder('2', at('14:31:24'), 12), session: 's-me' })]
    : []),
]

const lines: Record<string, InLine> = {
  asked: { state: 'asked', holder: seven, place: 1, answer_within_ms: 14_000 },
  kept: { state: 'kept', holder: seven, place: 1, ask_again_in_ms: 100_000 },
  waiting: { state: 'waiting', holder: seven, place: 2 },
  other: {
    state: 'asked_by_other',
    holder: seven,
    place: 2,
    by: { name: say('Оператор 8', 'Clerk 8'), station: '5' },
  },
  granted: { state: 'granted', open_within_ms: 17_000 },
}

const losses: Record<string, LockLoss> = {
  handed: { how: 'handed_over' },
  taken: {
    how: 'taken_over',
    reason: say('Машина від’їжджає о 15:00, отримувач чекає', 'The van leaves at 15:00, the recipient waits'),
  },
}

/**
 * What happens to the order on the screen: `?line=asked|kept|waiting|other|granted` stands in line for it, `?question=1` lets clerk 8
 * ask for it, `?lost=handed|taken` loses its editor to clerk 7.
 */
export async function playLocks(): Promise<void> {
  const ttn = asked.get('lock') ?? asked.get('mine') ?? window.location.hash.match(/\d{16}/)?.[0]
  const line = lines[asked.get('line') ?? '']
  const how = losses[asked.get('lost') ?? '']
  if (!ttn) return
  if (asked.get('question')) {
    const by = { name: say('Оператор 8', 'Clerk 8'), station: '5' }
    await tell({ type: 'lock_told', data: { told: 'asked', ask: { ttn, by, answer_within_ms: 20_000 } } })
  }
  if (how) {
    await tell({ type: 'locks', data: { snapshot: false, held: [held(ttn, seven)], freed: [] } })
    await tell({
      type: 'editor_lost',
      data: { ttn, how, problem: { code: 'lock_lost', message: '', holder: seven } },
    })
  }
  if (line) await tell({ type: 'in_line', data: { ttn, line } })
}
