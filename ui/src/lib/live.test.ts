import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Change, LockAsk, LockView, Session } from '@/protocol/protocol'
import { serverClockOffset } from './clock'
import { connection, locks } from './connection'
import { hearChanges, take } from './live'
import { questions } from './questions'

const session = (id: string) => ({ id, now: Date.now() + 60_000 }) as Session
const lock: LockView = {
  ttn: '8123475609142831',
  holder: { session: 'other', employee: 'e', name: 'Clerk 7', station: '3', since: 0, purpose: 'edit_place' },
  expires_in_ms: 30_000,
}
let queries: QueryClient

beforeEach(() => {
  queries = new QueryClient()
  mockIPC(() => ({ locks: [lock] }))
  connection.set((before) => ({ ...before, session: undefined, link: { state: 'signed_out' } }))
})
afterEach(() => clearMocks())

it('another session leaves nothing of the last one behind, and loads the locks', async () => {
  take({ type: 'session', data: session('one') }, queries)
  queries.setQueryData(['order', 'x'], 'secret of the first')
  take({ type: 'session', data: session('two') }, queries)
  expect(queries.getQueryData(['order', 'x'])).toBeUndefined()
  await vi.waitFor(() => expect(locks.get().has(lock.ttn)).toBe(true))
})

it('the same session told again keeps what is loaded', () => {
  take({ type: 'session', data: session('one') }, queries)
  queries.setQueryData(['order', 'x'], 'kept')
  take({ type: 'session', data: session('one') }, queries)
  expect(queries.getQueryData(['order', 'x'])).toBe('kept')
})

it("ages count by the server's clock, not by this desktop's", () => {
  take({ type: 'session', data: session('one') }, queries)
  expect(serverClockOffset.get()).toBeGreaterThan(59_000)
})

it('a change makes the loaded order stale and reaches every list', () => {
  queries.setQueryData(['order', lock.ttn], 'loaded')
  queries.setQueryData(['order', 'another'], 'loaded')
  const heard = vi.fn()
  const stop = hearChanges(heard)
  const change = { sequence: 1, event_id: 'e', ttn: lock.ttn, kind: 'sms' as const, at: 0 }
  take({ type: 'changes', data: { changes: [change] } }, queries)
  stop()
  expect(queries.getQueryState(['order', lock.ttn])?.isInvalidated).toBe(true)
  expect(queries.getQueryState(['order', 'another'])?.isInvalidated).toBe(false)
  expect(heard).toHaveBeenCalledWith([change])
})

it('after too long a gap everything shown is loaded again', () => {
  queries.setQueryData(['order', 'x'], 'old')
  take({ type: 'resync' }, queries)
  expect(queries.getQueryState(['order', 'x'])?.isInvalidated).toBe(true)
})

it('a change that comes while the first answer is under way is asked for again', async () => {
  const answers = ['accepted', 'delivered']
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const observer = new QueryObserver(queries, {
    queryKey: ['order', lock.ttn],
    queryFn: async () => {
      const answer = answers.shift()
      await held
      return answer
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
  const stop = observer.subscribe(() => {})
  take({ type: 'changes', data: { changes: [{ ttn: lock.ttn, kind: 'sms' } as Change] } }, queries)
  release()
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe('delivered'))
  stop()
})

it('a page that was loaded again keeps the questions that it was told of before it knew who is signed in', () => {
  const ask = { ttn: lock.ttn, by: { name: 'Clerk 8', station: '5' }, answer_within_ms: 9000 } as LockAsk
  take({ type: 'lock_told', data: { told: 'asked', ask } }, queries)
  take({ type: 'session', data: session('one') }, queries)
  expect(questions.get().has(lock.ttn)).toBe(true)
  take({ type: 'session', data: session('two') }, queries)
  expect(questions.get().size).toBe(0)
})
