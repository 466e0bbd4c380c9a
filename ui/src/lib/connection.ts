import type {
  CoreState,
  DiskTrouble,
  Link,
  LockView,
  Office,
  PendingCommand,
  Session,
} from '@/protocol/protocol'
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
  /** Commands without an outcome, in the order in which they go out. */
  pending: readonly PendingCommand[]
  /** Commands that ended while nobody waited for them; they stay until the employee has seen them. */
  ended: readonly PendingCommand[]
  /** What is wrong with this desktop's own files. */
  trouble: DiskTrouble | undefined
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
  ended: [],
  trouble: undefined,
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

/** The commands that wait and those that ended, out of what the core tells. */
export function sorted(commands: readonly PendingCommand[]): Pick<Connection, 'pending' | 'ended'> {
  const over = ({ progress }: PendingCommand) => progress.is === 'done' || progress.is === 'refused'
  return { pending: commands.filter((command) => !over(command)), ended: commands.filter(over) }
}

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
