import type { QueryClient } from '@tanstack/react-query'
import type { Change, CoreEvent, EditorLost, Link, LockTold, Session } from '@/protocol/protocol'
import { serverClockOffset } from './clock'
import { connection, locks, sorted } from './connection'
import { loadDrafts } from './drafts'
import { lines, takeLine } from './line'
import { afterNews, withoutLapsed } from './locksNews'
import { messagesOf, takeMessages } from './messages'
import { core, listenToCore } from './platform'
import { questions, takeQuestion } from './questions'
import { takeRows } from './rows'

/** Told of every batch of changes, in the order of their sequence, after the row map was brought up to date. */
export type ChangesHeard = (changes: readonly Change[]) => void

const hearers = new Set<ChangesHeard>()

/** Calls `heard` for every batch of changes until the returned function is called. */
export function hearChanges(heard: ChangesHeard): () => void {
  hearers.add(heard)
  return () => hearers.delete(heard)
}

/** Told when the lock of an open editor is gone. */
export type EditorLostHeard = (lost: EditorLost) => void

const lostHearers = new Set<EditorLostHeard>()

/** Since when not everything that happens is shown. */
let notLiveSince = 0

function setLink(link: Link, queries: QueryClient): void {
  const before = connection.get().link
  if (link.state !== 'live' && before.state === 'live') notLiveSince = Date.now()
  if (link.state === 'live' && before.state !== 'live') {
    // What could not be read meanwhile is read now, and what was read came out of what the core had seen before.
    void queries.refetchQueries({ predicate: (query) => query.state.status === 'error' })
    void queries.invalidateQueries({ predicate: (query) => query.state.dataUpdatedAt >= notLiveSince })
  }
  connection.set((before) => ({ ...before, link, linkToldAt: Date.now() }))
}

function setSession(session: Session | undefined, queries: QueryClient): void {
  const before = connection.get().session
  connection.set((now) => ({ ...now, session }))
  if (session) serverClockOffset.set(session.now - Date.now())
  if (before?.id === session?.id) return
  // Another employee: nothing of the last one may stay on the screen. A page that has just been loaded has nothing of anybody, and may
  // have heard of questions already.
  if (before) {
    queries.clear()
    locks.set(new Map())
    lines.set(new Map())
    questions.set(new Map())
  }
  if (session) {
    void loadDrafts(session.employee)
    loadLocks()
  }
}

function loadLocks(): void {
  core.request('locks.snapshot', {}).then(
    (answer) =>
      locks.set((before) => afterNews(before, { snapshot: true, held: answer.locks, freed: [] }, Date.now())),
    // Without locks the list still reads well; the next lock news corrects it.
    () => undefined,
  )
}

/**
 * Asks again for what changed. A first answer that is under way may be older than the change, and a query without any data is not asked
 * twice at once: it is asked again when that answer is there.
 */
async function askAgain(queryKey: string[], queries: QueryClient): Promise<void> {
  const query = queries.getQueryCache().find({ queryKey })
  if (query && query.state.data === undefined) await query.promise?.catch(() => undefined)
  await queries.invalidateQueries({ queryKey })
}

function takeChanges(changes: readonly Change[], queries: QueryClient): void {
  takeRows(changes)
  const told = messagesOf(changes)
  takeMessages(told)
  for (const { message } of told) void askAgain(['message', message.event_id], queries)
  for (const ttn of new Set(changes.map((change) => change.ttn))) {
    void askAgain(['order', ttn], queries)
  }
  if (changes.some((change) => change.kind === 'registered' || change.kind === 'deleted')) {
    void queries.invalidateQueries({ queryKey: ['recent'] })
  }
  for (const heard of hearers) heard(changes)
}

/** Of what the server tells this session about locks, the core passes on the questions; the rest comes as states. */
function takeTold(told: LockTold): void {
  if (told.told === 'asked') takeQuestion(told.ask.ttn, told.ask, Date.now())
  if (told.told === 'ask_ended') takeQuestion(told.ttn, undefined, Date.now())
}

/** What one event of the core does to the window. */
export function take(event: CoreEvent, queries: QueryClient): void {
  switch (event.type) {
    case 'link':
      setLink(event.data, queries)
      break
    case 'office':
      connection.set((before) => ({ ...before, office: event.data }))
      break
    case 'session':
      setSession(event.data ?? undefined, queries)
      break
    case 'changes':
      takeChanges(event.data.changes, queries)
      break
    case 'resync':
      void queries.invalidateQueries()
      loadLocks()
      break
    case 'locks':
      locks.set((before) => afterNews(before, event.data, Date.now()))
      break
    case 'pending':
      connection.set((before) => ({ ...before, ...sorted(event.data) }))
      break
    case 'trouble':
      connection.set((before) => ({ ...before, trouble: event.data ?? undefined }))
      break
    case 'editor_lost':
      for (const heard of lostHearers) heard(event.data)
      break
    case 'lock_told':
      takeTold(event.data)
      break
    case 'in_line':
      takeLine(event.data, Date.now())
      break
  }
}

/** Calls `heard` when the core loses the lock of an open editor, until the returned function is called. */
export function hearEditorLost(heard: EditorLostHeard): () => void {
  lostHearers.add(heard)
  return () => lostHearers.delete(heard)
}

/** Begins to listen to the core and loads its present state. Returns the function that stops it. */
export async function startLive(queries: QueryClient): Promise<() => void> {
  // Listen first: what happens while the state is fetched must not be missed.
  const stop = await listenToCore((event) => take(event, queries))
  const state = await core.state()
  connection.set((before) => ({
    ...before,
    known: true,
    version: state.version,
    server: state.server,
    office: state.office,
    link: state.link,
    linkToldAt: Date.now(),
    ...sorted(state.pending),
    trouble: state.trouble,
    lastSignIn: state.last_sign_in,
  }))
  setSession(state.session, queries)
  const lapse = setInterval(() => locks.set((before) => withoutLapsed(before, Date.now())), 1000)
  return () => {
    clearInterval(lapse)
    stop()
  }
}

/** The office and server address as told by `connect`, for the sign-in form and the settings. */
export async function connectTo(address: string) {
  const office = await core.connect(address)
  connection.set((before) => ({ ...before, office, server: address }))
  return office
}
