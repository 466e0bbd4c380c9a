import type { CoreState, Link, LockView, Office, PendingCommand, Session } from '@/protocol/protocol'
import { createStore, type Store, useStore } from './store'

/** What the core told about the link and who is signed in. */
export interface Connection {
  /** False until the core has answered for the first time. */
  known: boolean
  version: string
  server: string | undefined
  office: Office | undefined
  session: Session | undefined
  link: Link
  pending: readonly PendingCommand[]
  lastSignIn: CoreState['last_sign_in']
  /** When the present link state was told, by this desktop's clock: an offline link counts down from here. */
  linkToldAt: number
}

/** The one connection of this window; lib/live.ts writes it. */
export const connection: Store<Connection> = createStore<Connection>({
  known: false,
  version: '',
  server: undefined,
  office: undefined,
  session: undefined,
  link: { state: 'no_server' },
  pending: [],
  lastSignIn: undefined,
  linkToldAt: 0,
})

/** A lock and when it lapses by this desktop's clock. */
export interface HeldLock extends LockView {
  lapsesAt: number
}

/** Locks held anywhere in the company, by TTN. */
export const locks: Store<ReadonlyMap<string, HeldLock>> = createStore<ReadonlyMap<string, HeldLock>>(
  new Map(),
)

/** A part of the connection. */
export function useConnection<S>(select: (connection: Connection) => S): S {
  return useStore(connection, select)
}

/** The signed-in session. */
export function useSession(): Session | undefined {
  return useConnection((now) => now.session)
}

/** The lock of an order, whoever holds it. */
export function useLock(ttn: string | undefined): HeldLock | undefined {
  return useStore(locks, (held) => (ttn === undefined ? undefined : held.get(ttn)))
}

/** True when this very session holds the lock. */
export function isMine(lock: LockView | undefined, session: Session | undefined): boolean {
  return lock !== undefined && session !== undefined && lock.holder.session === session.id
}
