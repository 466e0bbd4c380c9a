import { expect, it } from 'vitest'
import type { LockView } from '@/protocol/protocol'
import { afterNews, withoutLapsed } from './locksNews'

const lock = (ttn: string): LockView => ({
  ttn,
  holder: { session: 's', employee: 'e', name: 'Clerk 7', station: '3', since: 0, purpose: 'edit_place' },
  expires_in_ms: 30_000,
})

it('adds, frees, and forgets everything else after a snapshot', () => {
  const two = afterNews(new Map(), { snapshot: false, held: [lock('a'), lock('b')], freed: [] }, 0)
  expect([...afterNews(two, { snapshot: false, held: [], freed: ['a'] }, 0).keys()]).toEqual(['b'])
  expect([...afterNews(two, { snapshot: true, held: [lock('c')], freed: [] }, 0).keys()]).toEqual(['c'])
})

it('drops a lock whose lease ran out unheard, and renews one that is told again', () => {
  const told = afterNews(new Map(), { snapshot: false, held: [lock('a'), lock('b')], freed: [] }, 0)
  const renewed = afterNews(told, { snapshot: false, held: [lock('b')], freed: [] }, 20_000)
  expect([...withoutLapsed(renewed, 31_000).keys()]).toEqual(['b'])
  expect(withoutLapsed(renewed, 10_000)).toBe(renewed)
})
