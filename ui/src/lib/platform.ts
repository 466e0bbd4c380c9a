import { invoke } from '@tauri-apps/api/core'
import { listen } from '@tauri-apps/api/event'
import type {
  AskAnswer,
  CargoItemDraft,
  CommandOutcome,
  CoreEvent,
  CoreState,
  CustomerNotice,
  DraftName,
  EditorOpened,
  FieldRefusal,
  KeptDraft,
  Language,
  LockPurpose,
  Methods,
  Office,
  Order,
  OrderDraft,
  Quote,
  Session,
  SetUp,
  SignIn,
  SmsPreview,
  Status,
} from '@/protocol/protocol'

/** Methods that the server answers with what was asked for. */
export type ReadMethod =
  | 'orders.list'
  | 'orders.get'
  | 'orders.recent'
  | 'orders.create'
  | 'messages.list'
  | 'messages.get'
  | 'messages.counts'
  | 'messages.resend'
  | 'messages.correct_number'
  | 'messages.mark_told'
  | 'templates.get'
  | 'templates.set'
  | 'templates.reset'
  | 'locks.snapshot'

/** Methods that the server accepts at once and ends later with an outcome. */
export type ChangeMethod =
  | 'orders.change_location'
  | 'orders.set_places'
  | 'orders.cancel'
  | 'orders.complete'
  | 'orders.delete'
  | 'orders.undo'

/**
 * The desktop's Rust core, as the window sees it. Every call rejects with a `Problem` (see lib/problem.ts). The socket, the session
 * token and all waiting commands live behind it; nothing here knows how they travel.
 */
export const core = {
  /** Everything needed to draw the window after a (re)load. */
  state: () => invoke<CoreState>('core_state'),
  /** Reaches a server, `host[:port]`, and keeps the address. */
  connect: (address: string) => invoke<Office>('connect', { address }),
  /** Makes the first employee of an empty office. */
  setUp: (setUp: SetUp) => invoke<null>('set_up', { setUp }),
  signIn: (signIn: SignIn) => invoke<Session>('sign_in', { signIn }),
  signOut: () => invoke<null>('sign_out'),
  /** Asks the server and gives its answer. `orders.create` is sent again under its command id until it is answered. */
  request: <M extends ReadMethod>(method: M, params: Methods[M]['params']) =>
    invoke<Methods[M]['result']>('request', { call: { method, params } }),
  /** Gives a change to the server; resolves with its outcome, also when the link broke in between. Refused: `outcome.problem`. */
  submit: <M extends ChangeMethod>(method: M, params: Methods[M]['params']) =>
    invoke<CommandOutcome>('submit', { call: { method, params } }),
  /** Takes the lock and loads the order under it. The core renews the lock until [`core.closeEditor`]. */
  openEditor: (ttn: string, purpose: LockPurpose) => invoke<EditorOpened>('open_editor', { ttn, purpose }),
  closeEditor: (ttn: string) => invoke<null>('close_editor', { ttn }),
  /** Stands in line for a lock until it is ours, opened or left. How it stands comes as `in_line` events. */
  waitForLock: (ttn: string) => invoke<null>('wait_for_lock', { ttn }),
  /** The same, and asks the holder to hand over. */
  askForLock: (ttn: string) => invoke<null>('ask_for_lock', { ttn }),
  /** Waits no more; a lock that is kept for us goes to the next one. */
  leaveLine: (ttn: string) => invoke<null>('leave_line', { ttn }),
  /** Answers a colleague who asks for a lock of ours. */
  answerAsk: (ttn: string, answer: AskAnswer) => invoke<null>('answer_ask', { ttn, answer }),
  /** Takes the lock from its holder, as [`core.openEditor`] would. Keep the id with the dialog for every try. */
  takeOver: (commandId: string, ttn: string, reason: string) =>
    invoke<EditorOpened>('take_over', { commandId, ttn, reason }),
  /** A key or the pointer was used in an open editor; the core takes it into account when nobody answers a question. */
  noteActivity: (ttn: string) => invoke<null>('note_activity', { ttn }),
  /** Price by today's tariff, without asking the server. */
  quote: (cargo: CargoItemDraft[]) => invoke<Quote>('quote', { cargo }),
  /** What step 1 of a registration would be refused for. */
  checkParties: (order: OrderDraft) => invoke<FieldRefusal[]>('check_parties', { order }),
  /** What step 2 would be refused for. */
  checkCargo: (order: OrderDraft) => invoke<FieldRefusal[]>('check_cargo', { order }),
  /** The status that a new place would lead to. */
  checkPlace: (order: Order, city: string, street: string) =>
    invoke<{ status: Status }>('check_place', { order, city, street }),
  /** Why a number cannot get an SMS; nothing: it can. */
  checkPhone: (phone: string) => invoke<FieldRefusal | null>('check_phone', { phone }),
  /** The SMS that a recipient would get; with `template`, from that text, and whether the server would refuse it. */
  previewSms: (
    notice: CustomerNotice,
    language: Language,
    from: { ttn?: string; template?: string; maxSegments?: number } = {},
  ) => invoke<SmsPreview>('preview_sms', { notice, language, ...from }),
  /** Takes a command back. Refused once it has left: it will be carried out. */
  withdraw: (commandId: string) => invoke<null>('withdraw', { commandId }),
  /** The employee has seen how a command ended. */
  dismiss: (commandId: string) => invoke<null>('dismiss', { commandId }),
  /** A fresh command id. Keep it with the form and use it for every try of the same command. */
  newCommandId: () => invoke<string>('new_command_id'),
  /** What the employee has typed at this desktop and not given. */
  drafts: () => invoke<KeptDraft[]>('drafts'),
  /** Keeps a draft, or drops it; resolves when that is on the disk. */
  keepDraft: (name: DraftName, text: string | undefined) => invoke<null>('keep_draft', { name, text }),
  /** Skips the wait before the next try to reconnect. */
  tryNow: () => invoke<null>('try_now'),
} as const

/** Hears everything the core tells without being asked. Resolves with the function that stops it. */
export function listenToCore(heard: (event: CoreEvent) => void): Promise<() => void> {
  return listen<CoreEvent>('core', (event) => heard(event.payload))
}
