import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { InLine, LockHolder } from '@/protocol/protocol'
import { lines, mayAsk, setIntent, standInLine, takeLine, type Waiting } from './line'

const TTN = '8123475609142831'
const holder: LockHolder = {
  session: 'other',
  employee: 'e',
  name: 'Clerk 7',
  station: '3',
  since: 0,
  purpose: 'edit_place',
}
const waiting: InLine = { state: 'waiting', holder, place: 2 }
const intent = () => lines.get().get(TTN)?.intent

let called: string[] = []
let refuses = false

beforeEach(() => {
  called = []
  refuses = false
  mockIPC((name) => {
    called.push(name)
    if (refuses) throw { code: 'locks_unavailable', message: 'as the test wants' }
    return null
  })
})

afterEach(() => {
  takeLine({ ttn: TTN }, 0)
  clearMocks()
})

it('remembers what was wanted of a line as long as it stands in it', async () => {
  await standInLine(TTN, 'ask')
  expect(called).toEqual(['ask_for_lock'])
  takeLine({ ttn: TTN, line: waiting }, 0)
  expect(intent()).toBe('ask')
  setIntent(TTN, 'wait')
  expect(intent()).toBe('wait')
  takeLine({ ttn: TTN }, 0)
  expect(lines.get().size).toBe(0)
  // The core tells of a line that this page did not join (it was loaded again): good for a notice, not for opening anything.
  takeLine({ ttn: TTN, line: waiting }, 0)
  expect(intent()).toBe('wait')
})

it('a try that failed changes nothing', async () => {
  await standInLine(TTN, 'wait')
  takeLine({ ttn: TTN, line: waiting }, 0)
  refuses = true
  await expect(standInLine(TTN, 'ask')).rejects.toMatchObject({ code: 'locks_unavailable' })
  takeLine({ ttn: TTN, line: waiting }, 0)
  expect(intent()).toBe('wait')
})

it('nobody is asked twice, nor while they keep it', () => {
  const standing = (line: InLine): Waiting => ({ line, toldAt: 1000, intent: 'wait' })
  const kept = standing({ state: 'kept', holder, place: 1, ask_again_in_ms: 5000 })
  const by = { name: 'Clerk 8', station: '5' }
  expect(mayAsk(undefined, 0)).toBe(true)
  expect(mayAsk(standing(waiting), 0)).toBe(true)
  expect(mayAsk(standing({ state: 'asked', holder, place: 1, answer_within_ms: 0 }), 9000)).toBe(false)
  expect(mayAsk(standing({ state: 'asked_by_other', holder, place: 2, by }), 9000)).toBe(false)
  expect(mayAsk(kept, 5999)).toBe(false)
  expect(mayAsk(kept, 6000)).toBe(true)
})
