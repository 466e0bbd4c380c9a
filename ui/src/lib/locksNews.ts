import type { LockNews, LockView } from '@/protocol/protocol'
import type { HeldLock } from './connection'

function held(lock: LockView, now: number): HeldLock {
  return { ...lock, lapsesAt: now + lock.expires_in_ms }
}

/** Locks after the news; `now` is this desktop's clock, because leases come as "so many milliseconds from now". */
export function afterNews(
  before: ReadonlyMap<string, HeldLock>,
  news: LockNews,
  now: number,
): ReadonlyMap<string, HeldLock> {
  const after = news.snapshot ? new Map<string, HeldLock>() : new Map(before)
  for (const ttn of news.freed) after.delete(ttn)
  for (const lock of news.held) after.set(lock.ttn, held(lock, now))
  return after
}

/** Locks without those whose lease has run out unheard (their holder's server is gone). The same map when none has. */
export function withoutLapsed(
  before: ReadonlyMap<string, HeldLock>,
  now: number,
): ReadonlyMap<string, HeldLock> {
  const alive = [...before].filter(([, lock]) => lock.lapsesAt > now)
  return alive.length === before.size ? before : new Map(alive)
}
