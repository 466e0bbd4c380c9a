// Generated from backend/protocol by `make types`. Do not edit.

/**
 * The server took the command over; its outcome follows as `command.outcome`, even on another socket.
 */
export type Accepted = { 
/**
 * Id of the command.
 */
command_id: CommandId, };

/**
 * `locks.acquire`. Idempotent per session: asked again, the same lock is renewed and the order loaded again.
 */
export type AcquireLock = { 
/**
 * The order to edit.
 */
ttn: Ttn, 
/**
 * What for.
 */
purpose: LockPurpose, };

/**
 * Something an employee may want to do.
 */
export type Action = "change_location" | "complete" | "cancel" | "delete" | "undo";

/**
 * An action with the answer whether it is allowed.
 */
export type ActionState = { 
/**
 * Which action.
 */
action: Action, 
/**
 * Whether it is allowed now.
 */
allowed: boolean, 
/**
 * Why not.
 */
refusal?: RefusalCode, 
/**
 * Values for the sentence.
 */
detail?: RefusalDetail, 
/**
 * Whether a reason must be given.
 */
reason_required: boolean, };

/**
 * Result of `orders.set_places`: all were accepted; an outcome follows for each.
 */
export type AllAccepted = { 
/**
 * The command ids, as they were given.
 */
command_ids: Array<CommandId>, };

/**
 * `locks.answer`: the holder's answer to a question. Answering a question that is over is no error and does nothing.
 */
export type AnswerAsk = { 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * What.
 */
answer: AskAnswer, 
/**
 * True: nobody answered in time, the desktop's core did.
 */
by_silence: boolean, };

/**
 * An answer to a question.
 */
export type AskAnswer = "hand_over" | "keep";

/**
 * Result of `locks.answer`.
 */
export type AskAnswered = { 
/**
 * Who has the lock now; ourselves when it was kept or the question was over.
 */
holder?: LockHolder, };

/**
 * `locks.ask`: ask the holder to hand over. Asked again every few seconds while waiting; the question and the place in the line stay.
 */
export type AskForLock = { 
/**
 * The order.
 */
ttn: Ttn, };

/**
 * A branch of the company.
 */
export type Branch = { 
/**
 * Id.
 */
id: BranchId, 
/**
 * Name as shown, for example "Lviv 3".
 */
name: string, 
/**
 * Where it is.
 */
location: Location, };

/**
 * Id of a branch: a short slug such as `lviv-3`.
 */
export type BranchId = string;

/**
 * One call of a method with its parameters.
 */
export type Call = { "method": "session.describe", "params": Nothing } | { "method": "session.set_up", "params": SetUp } | { "method": "session.sign_in", "params": SignIn } | { "method": "session.resume", "params": Resume } | { "method": "session.sign_out", "params": Nothing } | { "method": "orders.create", "params": CreateOrder } | { "method": "orders.list", "params": ListOrders } | { "method": "orders.get", "params": GetOrder } | { "method": "orders.recent", "params": Nothing } | { "method": "orders.change_location", "params": ChangeLocation } | { "method": "orders.cancel", "params": WithReason } | { "method": "orders.complete", "params": CompleteOrder } | { "method": "orders.delete", "params": WithReason } | { "method": "orders.undo", "params": WithReason } | { "method": "orders.set_places", "params": SetPlaces } | { "method": "locks.acquire", "params": AcquireLock } | { "method": "locks.renew", "params": RenewLocks } | { "method": "locks.release", "params": ReleaseLock } | { "method": "locks.wait", "params": WaitForLock } | { "method": "locks.ask", "params": AskForLock } | { "method": "locks.leave", "params": LeaveLine } | { "method": "locks.answer", "params": AnswerAsk } | { "method": "locks.take_over", "params": TakeOverLock } | { "method": "locks.snapshot", "params": Nothing } | { "method": "messages.list", "params": ListMessages } | { "method": "messages.get", "params": GetMessage } | { "method": "messages.counts", "params": CountMessages } | { "method": "messages.resend", "params": OnMessage } | { "method": "messages.correct_number", "params": CorrectNumber } | { "method": "messages.mark_told", "params": OnMessage } | { "method": "templates.get", "params": Nothing } | { "method": "templates.set", "params": SetTemplate } | { "method": "templates.reset", "params": ResetTemplate };

/**
 * One box of an order. Its own number is `<TTN>-<number>`.
 */
export type CargoItem = { 
/**
 * Position in the order, from 1.
 */
number: number, 
/**
 * Length in millimetres.
 */
length_mm: number, 
/**
 * Width in millimetres.
 */
width_mm: number, 
/**
 * Height in millimetres.
 */
height_mm: number, 
/**
 * Weight in grams.
 */
weight_g: number, 
/**
 * Declared value in minor units.
 */
declared_minor: number, };

/**
 * A cargo item as typed.
 */
export type CargoItemDraft = { 
/**
 * Length in millimetres.
 */
length_mm: Quantity, 
/**
 * Width in millimetres.
 */
width_mm: Quantity, 
/**
 * Height in millimetres.
 */
height_mm: Quantity, 
/**
 * Weight in grams.
 */
weight_g: Quantity, 
/**
 * Declared value in minor units (kopiykas).
 */
declared_minor: Quantity, };

/**
 * One change of one order.
 */
export type Change = { 
/**
 * Position among all changes of the company: the publish number of the outbox.
 */
sequence: number, 
/**
 * Id of the integration event.
 */
event_id: string, 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * What kind of change.
 */
kind: ChangeKind, 
/**
 * Server time of the change.
 */
at: Timestamp, 
/**
 * Who did it; absent for SMS outcomes.
 */
by?: Doer, 
/**
 * Status before; absent when the order did not exist.
 */
status_before?: Status, 
/**
 * Status after; absent when the order was deleted.
 */
status_after?: Status, 
/**
 * State of the last message before.
 */
sms_before?: MessageState, 
/**
 * State of the last message after.
 */
sms_after?: MessageState, 
/**
 * The row as it is when the batch is encoded (may be newer than this change); absent when the order is deleted.
 */
row?: OrderRow, 
/**
 * The messages that it queued, moved or dealt with, as they are when the batch is encoded: what `messages.list` shows, without asking
 * again. A resend has two, the new one and the one it replaces.
 */
messages?: Array<MessageRow>, };

/**
 * Changes of orders, in the order of their sequence, without a gap inside and to the batch before.
 */
export type ChangeBatch = { 
/**
 * The changes; not empty.
 */
changes: Array<Change>, };

/**
 * What kind of change.
 */
export type ChangeKind = "registered" | "moved" | "canceled" | "completed" | "undone" | "deleted" | "lock_passed" | "sms";

/**
 * `orders.change_location`: accepted, then an outcome event. The lock must be held and `fence` be its token.
 */
export type ChangeLocation = { 
/**
 * Id of this command.
 */
command_id: CommandId, 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Fencing token from the lease.
 */
fence: number, 
/**
 * New city, as typed.
 */
city: string, 
/**
 * New street and house, or branch, as typed.
 */
street: string, 
/**
 * A remark for the timeline.
 */
note?: string, };

/**
 * Why the server closes the socket.
 */
export type Closing = { 
/**
 * The reason.
 */
reason: ClosingReason, };

/**
 * Why the server closes the socket.
 */
export type ClosingReason = "going_away" | "session_ended" | "too_slow";

/**
 * Client-made id (`UUIDv7`) of a command. Same id + same content = the stored answer, effect once.
 */
export type CommandId = string;

/**
 * The end of an accepted command.
 */
export type CommandOutcome = { 
/**
 * Id of the command.
 */
command_id: CommandId, 
/**
 * The session it came from.
 */
session: SessionId, 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Absent: done. Present: refused, nothing was changed.
 */
problem?: Problem, 
/**
 * Version of the order after the command, when it was done.
 */
version?: number, };

/**
 * `orders.complete`: accepted, then an outcome event.
 */
export type CompleteOrder = { 
/**
 * Id of this command.
 */
command_id: CommandId, 
/**
 * The order.
 */
ttn: Ttn, };

/**
 * Everything the core tells the window without being asked: one Tauri event `core`, this payload.
 */
export type CoreEvent = { "type": "link", "data": Link } | { "type": "office", "data": Office } | { "type": "session", "data": Session | null } | { "type": "changes", "data": ChangeBatch } | { "type": "resync" } | { "type": "locks", "data": LockNews } | { "type": "pending", "data": Array<PendingCommand> } | { "type": "trouble", "data": DiskTrouble | null } | { "type": "editor_lost", "data": EditorLost } | { "type": "lock_told", "data": LockTold } | { "type": "in_line", "data": LineState };

/**
 * Result of the core command `core_state`: everything the window needs to draw itself after a (re)load.
 */
export type CoreState = { 
/**
 * Version of the desktop.
 */
version: string, 
/**
 * Server address the core uses, `host:port`; absent on the first start.
 */
server?: string, 
/**
 * What the server says about itself, once it was reached.
 */
office?: Office, 
/**
 * The signed-in session.
 */
session?: Session, 
/**
 * The link to the server.
 */
link: Link, 
/**
 * Commands without an outcome yet, and outcomes that nobody has looked at, oldest first.
 */
pending: Array<PendingCommand>, 
/**
 * What this desktop could not keep or read on its own disk.
 */
trouble?: DiskTrouble, 
/**
 * The branch and station last used here, to fill in the sign-in form.
 */
last_sign_in?: LastSignIn, };

/**
 * `messages.correct_number`: sends it to another number, which the order's recipient gets too. Answered when it is done.
 */
export type CorrectNumber = { 
/**
 * Id of this command.
 */
command_id: CommandId, 
/**
 * The message.
 */
event_id: string, 
/**
 * The right number, as typed.
 */
phone: string, };

/**
 * `messages.counts`: for the status bar and the badge, without any rows.
 */
export type CountMessages = { 
/**
 * As in `messages.list`.
 */
since?: Timestamp, };

/**
 * `orders.create`: request/response, the caller waits for the TTN.
 */
export type CreateOrder = { 
/**
 * Id of this command.
 */
command_id: CommandId, 
/**
 * The order as the clerk typed it.
 */
order: OrderDraft, };

/**
 * What a customer is told by SMS.
 */
export type CustomerNotice = "accepted" | "arrived" | "completed";

/**
 * Direction of a sort.
 */
export type Direction = "ascending" | "descending";

/**
 * What this desktop could not do with its own files.
 */
export type DiskTrouble = { "is": "set_aside", 
/**
 * How many.
 */
files: number, 
/**
 * Where they are now.
 */
folder: string, } | { "is": "not_kept" };

/**
 * Who did something, as shown.
 */
export type Doer = { 
/**
 * Full name.
 */
name: string, 
/**
 * Branch worked at.
 */
branch: BranchId, 
/**
 * Workstation.
 */
station: string, };

/**
 * What a clerk types that is not a command yet, by where it is typed.
 */
export type DraftName = "register" | "places" | "texts";

/**
 * The core lost the lock of an open editor: go read-only, keep the draft.
 */
export type EditorLost = { 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * `lock_lost` with the present holder, or `offline` when the lease ran out without a server.
 */
problem: Problem, 
/**
 * How somebody else got it; absent: the lease ended.
 */
how?: LockLoss, };

/**
 * Result of the core command `open_editor`: the lock is held and renewed by the core until `close_editor`.
 */
export type EditorOpened = { 
/**
 * The lease.
 */
lease: Lease, 
/**
 * The order as loaded under the lock.
 */
details: OrderDetails, };

/**
 * Id of an employee.
 */
export type EmployeeId = string;

/**
 * What happened to an order.
 */
export type Fact = { "kind": "order", 
/**
 * The domain event.
 */
event: OrderEventKind, } | { "kind": "lock", 
/**
 * How.
 */
event: LockPassed, } | { "kind": "sms", 
/**
 * Which message.
 */
event_id: string, 
/**
 * What it tells.
 */
notice: CustomerNotice, 
/**
 * The state it came to.
 */
state: MessageState, 
/**
 * Why, when there is something to say.
 */
reason?: MessageReason, 
/**
 * Segments of its text.
 */
segments?: number, 
/**
 * Calls of the gateway so far.
 */
attempts: number, 
/**
 * Milliseconds since it was queued.
 */
after_ms: number, } | { "kind": "message", 
/**
 * Which message.
 */
event_id: string, 
/**
 * What it tells.
 */
notice: CustomerNotice, 
/**
 * What was done.
 */
act: MessageAct, };

/**
 * A refusal tied to a field of a form, for example `recipient.phone` or `cargo[1].weight_g`.
 */
export type FieldRefusal = { 
/**
 * Path of the field.
 */
field: string, 
/**
 * Which rule.
 */
code: RefusalCode, 
/**
 * Values for the sentence.
 */
detail: RefusalDetail, };

/**
 * `messages.get`.
 */
export type GetMessage = { 
/**
 * The message.
 */
event_id: string, };

/**
 * `orders.get`.
 */
export type GetOrder = { 
/**
 * The order.
 */
ttn: Ttn, };

/**
 * Result of `locks.wait` and `locks.ask`.
 */
export type InLine = { "state": "granted", 
/**
 * Milliseconds.
 */
open_within_ms: number, } | { "state": "waiting", 
/**
 * Who has it.
 */
holder: LockHolder, 
/**
 * Our place in the line, 1 is the next one.
 */
place: number, } | { "state": "asked", 
/**
 * Who has it.
 */
holder: LockHolder, 
/**
 * Our place in the line, 1 is the next one.
 */
place: number, 
/**
 * Milliseconds within which the holder answers.
 */
answer_within_ms: number, } | { "state": "kept", 
/**
 * Who has it.
 */
holder: LockHolder, 
/**
 * Our place in the line, 1 is the next one.
 */
place: number, 
/**
 * Milliseconds after which the holder may be asked again.
 */
ask_again_in_ms: number, } | { "state": "asked_by_other", 
/**
 * Who has it.
 */
holder: LockHolder, 
/**
 * Our place in the line, 1 is the next one.
 */
place: number, 
/**
 * Who asks.
 */
by: LockParty, };

/**
 * What the core keeps of what an employee typed: on the disk, until it is given or dropped.
 */
export type KeptDraft = { "is": "text", 
/**
 * Where it is typed.
 */
name: DraftName, 
/**
 * What the window gave; only the window knows its shape.
 */
text: string, } | { "is": "damaged", 
/**
 * Where it was typed.
 */
name: DraftName, 
/**
 * Where what is left of it is now.
 */
file: string, };

/**
 * Ukrainian or English.
 */
export type Language = "uk" | "en";

/**
 * The branch, station and login last used at this desktop.
 */
export type LastSignIn = { 
/**
 * Branch id.
 */
branch: string, 
/**
 * Workstation.
 */
station: string, 
/**
 * Login.
 */
login: string, };

/**
 * A lease of a lock.
 */
export type Lease = { 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Fencing token from SQL; goes with the write.
 */
fence: number, 
/**
 * Length of the lease in milliseconds from the answer.
 */
lease_ms: number, 
/**
 * How often the desktop's core should renew, in milliseconds.
 */
renew_every_ms: number, };

/**
 * `locks.leave`: waits and asks no more. A lock that is kept for us goes to the next one.
 */
export type LeaveLine = { 
/**
 * The order.
 */
ttn: Ttn, };

/**
 * How it stands with a lock that this desktop waits for. The core asks again every few seconds until it is left or opened.
 */
export type LineState = { 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Where we are; absent: not in the line any more.
 */
line?: InLine, };

/**
 * The link to the server, first item of the status bar.
 */
export type Link = { "state": "no_server" } | { "state": "signed_out" } | { "state": "live", 
/**
 * How many changes the last catch-up brought; the proof "caught up: 37 changes, none missed".
 */
caught_up: number, } | { "state": "catching_up", 
/**
 * Changes still to come.
 */
missing: number, } | { "state": "offline", 
/**
 * Since when (the desktop's clock).
 */
since: Timestamp, 
/**
 * When what can still be read was as it is shown (the desktop's clock); absent: nothing was seen.
 */
as_of?: Timestamp, 
/**
 * Which attempt comes next, from 1.
 */
attempt: number, 
/**
 * Milliseconds until it.
 */
retry_in_ms: number, 
/**
 * Why the last one failed.
 */
problem: Problem, };

/**
 * `messages.list`: problems that nobody dealt with first (unknown, then failed, the oldest first), then waiting (the oldest first), accepted,
 * delivered, and what was dealt with (the newest first).
 */
export type ListMessages = { 
/**
 * Which tab.
 */
tab: MessageTab, 
/**
 * Leaves out what was queued before, unless it still waits or is a problem that nobody dealt with. For "today": the midnight of the
 * desktop. Absent: everything.
 */
since?: Timestamp, 
/**
 * Part of a TTN, phone, name or city, at most 100 characters.
 */
search?: string, 
/**
 * `next` of the page before, for the same tab, `since` and search.
 */
after?: string, 
/**
 * Rows wanted, 1 to 200.
 */
limit: number, };

/**
 * `orders.list`: one page, keyset-paged.
 */
export type ListOrders = { 
/**
 * Which tab.
 */
tab: OrderTab, 
/**
 * Whose orders.
 */
scope: OrderScope, 
/**
 * Sorted by.
 */
sort: SortKey, 
/**
 * In which direction.
 */
direction: Direction, 
/**
 * Part of a TTN or tail of a phone, from four digits on; beginnings of words of description, cities and names. At most 100 characters.
 */
search?: string, 
/**
 * Only with a search: among orders that are older than those that a page looked at ([`Older::before`]). From the newest order on when absent.
 */
before?: number, 
/**
 * `next` of the page before; opaque.
 */
after?: string, 
/**
 * Rows wanted, 1 to 200.
 */
limit: number, };

/**
 * A place of the post.
 */
export type Location = { 
/**
 * City.
 */
city: string, 
/**
 * Street and house, or a branch: "Відділення 12".
 */
street: string, };

/**
 * The question of a colleague to the holder of a lock.
 */
export type LockAsk = { 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Who asks.
 */
by: LockParty, 
/**
 * Milliseconds left to answer.
 */
answer_within_ms: number, };

/**
 * Result of `locks.acquire`: the lease, and the order as loaded *under* the lock.
 */
export type LockGranted = { 
/**
 * The lease.
 */
lease: Lease, 
/**
 * The order, loaded after the lock was taken and stamped with the fencing token.
 */
order: OrderDetails, };

/**
 * Who holds a lock.
 */
export type LockHolder = { 
/**
 * The session that owns it; a desktop compares it with its own to never say "locked by yourself".
 */
session: SessionId, 
/**
 * Who.
 */
employee: EmployeeId, 
/**
 * Full name of who.
 */
name: string, 
/**
 * At which workstation.
 */
station: string, 
/**
 * Since when, by Redis' clock.
 */
since: Timestamp, 
/**
 * Doing what.
 */
purpose: LockPurpose, };

/**
 * How a lock was lost to somebody else.
 */
export type LockLoss = { "how": "handed_over" } | { "how": "taken_over", 
/**
 * Why.
 */
reason: string, };

/**
 * Locks as they are, or what changed of them.
 */
export type LockNews = { 
/**
 * True: `held` is all there is, forget the rest.
 */
snapshot: boolean, 
/**
 * Taken or renewed.
 */
held: Array<LockView>, 
/**
 * Freed.
 */
freed: Array<Ttn>, };

/**
 * Somebody at a station, where a full holder is not needed.
 */
export type LockParty = { 
/**
 * Full name.
 */
name: string, 
/**
 * At which workstation.
 */
station: string, };

/**
 * How a lock changed hands, as it stands on the timeline. Whose line it is: who gave it (hand-over), who took it (take-over).
 */
export type LockPassed = { "type": "handed_over", 
/**
 * To whom.
 */
to: LockParty, 
/**
 * When it was asked for.
 */
asked_at: Timestamp, 
/**
 * Nobody answered in time.
 */
by_silence: boolean, } | { "type": "taken_over", 
/**
 * From whom; nobody held it any more otherwise.
 */
from?: LockParty, 
/**
 * Why.
 */
reason: string, };

/**
 * What the holder is doing, shown to others as "editing place".
 */
export type LockPurpose = "edit_place" | "reserved" | "command";

/**
 * Result of `locks.snapshot`.
 */
export type LockSnapshot = { 
/**
 * Every lock held now.
 */
locks: Array<LockView>, };

/**
 * What one session is told about a lock.
 */
export type LockTold = { "told": "asked", 
/**
 * The question.
 */
ask: LockAsk, } | { "told": "ask_ended", 
/**
 * The order.
 */
ttn: Ttn, } | { "told": "kept", 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Milliseconds after which the holder may be asked again.
 */
ask_again_in_ms: number, } | { "told": "granted", 
/**
 * The order.
 */
ttn: Ttn, } | { "told": "lost", 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Who has it.
 */
holder: LockHolder, 
/**
 * How.
 */
how: LockLoss, };

/**
 * A lock as every desktop sees it.
 */
export type LockView = { 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Who holds it.
 */
holder: LockHolder, 
/**
 * Milliseconds until the lease ends unless it is renewed; a desktop drops the lock from view then.
 */
expires_in_ms: number, };

/**
 * Result of `locks.renew`.
 */
export type LocksRenewed = { 
/**
 * Still ours, for another `lease_ms`.
 */
renewed: Array<Ttn>, 
/**
 * Gone: the editor must go read-only, the draft is kept.
 */
lost: Array<LostLock>, 
/**
 * Length of the new lease in milliseconds.
 */
lease_ms: number, 
/**
 * Questions of colleagues that wait for an answer: a lost notice costs a heartbeat.
 */
asked: Array<LockAsk>, };

/**
 * A lock that is no longer ours.
 */
export type LostLock = { 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Who has it now, if anyone.
 */
holder?: LockHolder, };

/**
 * What an employee did about a message that did not arrive, for the timeline.
 */
export type MessageAct = { "type": "resent", 
/**
 * The new message.
 */
new_event_id: string, } | { "type": "number_corrected", 
/**
 * The new message.
 */
new_event_id: string, 
/**
 * Last four digits of the number before.
 */
from_last4: string, 
/**
 * Last four digits of the new one.
 */
to_last4: string, } | { "type": "told", };

/**
 * Something an employee may want to do with a message that did not arrive.
 */
export type MessageAction = "resend" | "correct_number" | "mark_told";

/**
 * An action with the answer whether it is allowed.
 */
export type MessageActionState = { 
/**
 * Which action.
 */
action: MessageAction, 
/**
 * Whether it is allowed now.
 */
allowed: boolean, 
/**
 * Why not.
 */
refusal?: RefusalCode, 
/**
 * Values for the sentence.
 */
detail?: RefusalDetail, };

/**
 * One thing that happened to a message at the gateway. An attempt that was taken and then delivered has two.
 */
export type MessageAttempt = { 
/**
 * Which call of the gateway, from 1; 0 where it was never called.
 */
attempt: number, 
/**
 * What became of it; `queued`: it did not go through and is tried again.
 */
state: MessageState, 
/**
 * When, by the clock of the sender.
 */
at: Timestamp, 
/**
 * Why, when there is something to say.
 */
reason?: MessageReason, 
/**
 * When it was to be tried again.
 */
next_attempt_at?: Timestamp, };

/**
 * How many messages are where. `all` is the sum of the five after it.
 */
export type MessageCounts = { 
/**
 * All.
 */
all: number, 
/**
 * Queued.
 */
waiting: number, 
/**
 * Accepted.
 */
accepted: number, 
/**
 * Delivered.
 */
delivered: number, 
/**
 * Failed, dealt with or not.
 */
failed: number, 
/**
 * Unknown, dealt with or not.
 */
unknown: number, 
/**
 * Failed or unknown and not dealt with.
 */
problems: number, 
/**
 * When the oldest of those that wait was queued.
 */
oldest_waiting_at?: Timestamp, };

/**
 * Result of `messages.get`: everything about one message.
 */
export type MessageDetails = { 
/**
 * The row.
 */
row: MessageRow, 
/**
 * What was tried, the latest first.
 */
attempts: Array<MessageAttempt>, 
/**
 * What this employee may do, and why not.
 */
actions: Array<MessageActionState>, 
/**
 * What the text takes; absent when the text is forgotten.
 */
size?: SmsSize, 
/**
 * Sequence of the last change that this reflects.
 */
sequence: number, };

/**
 * Result of `messages.resend`, `messages.correct_number` and `messages.mark_told`. The same answer to the same command id, however often.
 */
export type MessageDone = { 
/**
 * The message that goes out now; after `mark_told` the one that was told.
 */
row: MessageRow, };

/**
 * Result of `messages.list`.
 */
export type MessagePage = { 
/**
 * The rows.
 */
rows: Array<MessageRow>, 
/**
 * Cursor of the next page; absent: this is the last.
 */
next?: string, 
/**
 * Counts of all tabs under the same `since` and search; only with the first page.
 */
counts?: MessageCounts, 
/**
 * Sequence of the last change that this page reflects.
 */
sequence: number, 
/**
 * Server time of the page.
 */
as_of: Timestamp, };

/**
 * Why a message failed, is unknown or waits. Codes, not text.
 */
export type MessageReason = "bad_number" | "rejected" | "expired" | "undelivered" | "channel_paused" | "gateway_unavailable" | "answer_lost" | "too_long" | "bad_event" | "quiet_hours" | "spend_cap";

/**
 * A message in the list of all of them.
 */
export type MessageRow = { 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Name of the recipient.
 */
recipient_name: string, 
/**
 * City of the recipient.
 */
recipient_city: string, 
/**
 * The message.
 */
message: MessageView, };

/**
 * Where a message is on its way. Only moves forward; drawn in docs/SMS.md.
 */
export type MessageState = "queued" | "accepted" | "delivered" | "failed" | "unknown";

/**
 * Which messages a list shows. A failed or unknown message that was dealt with stays under its tab, after those that were not.
 */
export type MessageTab = "all" | "problems" | "waiting" | "accepted" | "delivered" | "failed" | "unknown";

/**
 * One message of an order.
 */
export type MessageView = { 
/**
 * The integration event that caused it; also the gateway's client reference.
 */
event_id: string, 
/**
 * What it tells the customer.
 */
notice: CustomerNotice, 
/**
 * To whom.
 */
phone: Phone, 
/**
 * In which language.
 */
language: Language, 
/**
 * Where it is.
 */
state: MessageState, 
/**
 * Why, when there is something to say.
 */
reason?: MessageReason, 
/**
 * The text; absent once it was forgotten (`retention.sms_text_days`).
 */
text?: string, 
/**
 * Number of SMS segments of the text; absent before it was handed over.
 */
segments?: number, 
/**
 * How often the gateway was called.
 */
attempts: number, 
/**
 * When it was queued.
 */
queued_at: Timestamp, 
/**
 * When the gateway took it.
 */
accepted_at?: Timestamp, 
/**
 * When it came to its final state.
 */
finished_at?: Timestamp, 
/**
 * After this it is not sent any more.
 */
expires_at?: Timestamp, 
/**
 * When it is tried again, after an attempt that did not go through.
 */
next_attempt_at?: Timestamp, 
/**
 * The message that this one was sent instead of.
 */
replaces?: string, 
/**
 * The message that was sent instead of this one; it is no problem any more.
 */
replaced_by?: string, 
/**
 * When an employee wrote down that the customer was told by voice; it is no problem any more.
 */
told_at?: Timestamp, 
/**
 * Who wrote it down.
 */
told_by?: Doer, };

/**
 * Result of `messages.counts`.
 */
export type MessagesCounted = { 
/**
 * The counts.
 */
counts: MessageCounts, 
/**
 * Sequence of the last change that they reflect.
 */
sequence: number, 
/**
 * Server time.
 */
as_of: Timestamp, };

/**
 * Parameters of methods that take none.
 */
export type Nothing = Record<string, never>;

/**
 * `session.describe`: what anyone on the LAN may know before signing in.
 */
export type Office = { 
/**
 * Name of the office as the admin wrote it.
 */
name: string, 
/**
 * Version of the server.
 */
version: string, 
/**
 * Must equal the desktop's [`crate::PROTOCOL_VERSION`].
 */
protocol: number, 
/**
 * True until the first employee exists.
 */
setup_required: boolean, 
/**
 * Branches to choose from when signing in.
 */
branches: Array<Branch>, 
/**
 * Desktops with a live session now.
 */
stations_live: number, 
/**
 * Server time, so that a desktop can show ages although its own clock is wrong.
 */
now: Timestamp, };

/**
 * How far back a search looked. Read leniently, as the page it is in.
 */
export type Older = { 
/**
 * Give it as `before` to search among older orders; opaque.
 */
before: number, 
/**
 * When the oldest order was registered that was looked at.
 */
since: Timestamp, };

/**
 * `messages.resend`, `messages.mark_told`: answered when it is done.
 */
export type OnMessage = { 
/**
 * Id of this command.
 */
command_id: CommandId, 
/**
 * The message.
 */
event_id: string, };

/**
 * An order.
 */
export type Order = { 
/**
 * Its number.
 */
ttn: Ttn, 
/**
 * Its status.
 */
status: Status, 
/**
 * Who sends.
 */
sender: Party, 
/**
 * Who receives, and where.
 */
recipient: Party, 
/**
 * What is inside; for employees only.
 */
description: string, 
/**
 * Who pays.
 */
payer: Payer, 
/**
 * Language of the recipient's messages.
 */
language: Language, 
/**
 * The boxes, numbered from 1.
 */
cargo: Array<CargoItem>, 
/**
 * The price at registration.
 */
price: Price, 
/**
 * Where it was registered.
 */
origin: Location, 
/**
 * Where it is.
 */
location: Location, 
/**
 * Branch that registered it.
 */
branch: BranchId, 
/**
 * Employee who registered it.
 */
registered_by: EmployeeId, 
/**
 * When it was registered.
 */
registered_at: Timestamp, 
/**
 * When it last changed.
 */
updated_at: Timestamp, 
/**
 * When it came to a final state.
 */
final_at?: Timestamp, 
/**
 * The status an undo returns to.
 */
status_before_final?: Status, 
/**
 * When it was deleted from lists.
 */
deleted_at?: Timestamp, 
/**
 * Number of its events so far.
 */
version: number, };

/**
 * How many orders each tab holds, and what the status bar shows.
 */
export type OrderCounts = { 
/**
 * All.
 */
all: number, 
/**
 * New.
 */
new: number, 
/**
 * Delivering.
 */
delivering: number, 
/**
 * Delivered.
 */
delivered: number, 
/**
 * Completed.
 */
completed: number, 
/**
 * Canceled.
 */
canceled: number, 
/**
 * Problem (a view over the others).
 */
problem: number, 
/**
 * Messages of these orders that are queued (not yet with the gateway).
 */
sms_waiting: number, };

/**
 * Result of `orders.create`.
 */
export type OrderCreated = { 
/**
 * The order as saved.
 */
order: Order, 
/**
 * Integration event that will become the SMS; `sms` changes name it.
 */
event_id: string, };

/**
 * Everything about one order.
 */
export type OrderDetails = { 
/**
 * The order.
 */
order: Order, 
/**
 * What this employee may do now, and why not.
 */
actions: Array<ActionState>, 
/**
 * Newest first.
 */
timeline: Array<TimelineEntry>, 
/**
 * Newest first.
 */
messages: Array<MessageView>, 
/**
 * Who edits it now.
 */
lock?: LockView, 
/**
 * Sequence of the last event that this answer reflects.
 */
sequence: number, };

/**
 * An order as the clerk typed it.
 */
export type OrderDraft = { 
/**
 * Who sends.
 */
sender: PartyDraft, 
/**
 * Who receives.
 */
recipient: PartyDraft, 
/**
 * What is inside.
 */
description: string, 
/**
 * Who pays.
 */
payer: Payer, 
/**
 * Language of the recipient's messages.
 */
language: Language, 
/**
 * The boxes.
 */
cargo: Array<CargoItemDraft>, };

/**
 * What an employee did.
 */
export type OrderEventKind = { "type": "registered", 
/**
 * Price in minor units.
 */
total_minor: number, 
/**
 * Number of cargo items.
 */
items: number, 
/**
 * Where.
 */
at_place: Location, } | { "type": "location_changed", 
/**
 * From where.
 */
from: Location, 
/**
 * To where.
 */
to: Location, 
/**
 * The employee's remark.
 */
note?: string, } | { "type": "status_changed", 
/**
 * Before.
 */
from: Status, 
/**
 * After.
 */
to: Status, } | { "type": "canceled", 
/**
 * Status before.
 */
from: Status, 
/**
 * Why.
 */
reason?: string, } | { "type": "completed", 
/**
 * Status before.
 */
from: Status, } | { "type": "deleted", 
/**
 * Why.
 */
reason: string, } | { "type": "undone", 
/**
 * The final status.
 */
from: Status, 
/**
 * The status it returned to.
 */
to: Status, 
/**
 * Why.
 */
reason: string, };

/**
 * Result of `orders.list`. Read leniently: a newer server may say more.
 */
export type OrderPage = { 
/**
 * The rows.
 */
rows: Array<OrderRow>, 
/**
 * Give it as `after` for the next page; absent on the last.
 */
next?: string, 
/**
 * Counts per tab for the same scope and search; only on the first page.
 */
counts?: OrderCounts, 
/**
 * Only with a search: older orders than those that it looked at may fit too. Rows and counts are of these, at most 200.
 */
older?: Older, 
/**
 * Sequence of the last event that the page reflects.
 */
sequence: number, 
/**
 * Ids of events that the counts hold although they have no sequence yet: their changes, told later, are counted already. At most 1 000.
 */
ahead?: Array<string>, };

/**
 * One row of the list.
 */
export type OrderRow = { 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Its status.
 */
status: Status, 
/**
 * What is inside.
 */
description: string, 
/**
 * Where it is.
 */
location: Location, 
/**
 * Where it goes.
 */
recipient_city: string, 
/**
 * Where it was registered.
 */
branch: BranchId, 
/**
 * When it was registered.
 */
registered_at: Timestamp, 
/**
 * When it last changed.
 */
updated_at: Timestamp, 
/**
 * State of its last message; absent when it has none.
 */
sms?: MessageState, 
/**
 * Number of its events so far; a higher one is newer.
 */
version: number, };

/**
 * Whose orders.
 */
export type OrderScope = "my_branch" | "all_branches";

/**
 * A tab of the list.
 */
export type OrderTab = "all" | "new" | "delivering" | "delivered" | "completed" | "canceled" | "problem";

/**
 * A party of an order.
 */
export type Party = { 
/**
 * Phone.
 */
phone: Phone, 
/**
 * Name.
 */
name: string, 
/**
 * Address.
 */
location: Location, };

/**
 * A party as typed.
 */
export type PartyDraft = { 
/**
 * Phone in any usual notation.
 */
phone: string, 
/**
 * Name.
 */
name: string, 
/**
 * City.
 */
city: string, 
/**
 * Street and house, or branch.
 */
street: string, };

/**
 * A password on its way to the server. Debug hides it.
 */
export type Password = string;

/**
 * Who pays.
 */
export type Payer = "sender" | "recipient";

/**
 * A command that was given at this desktop: it is on the disk before it is sent, and goes again with the same id after a break or a
 * restart until its outcome is known.
 */
export type PendingCommand = { 
/**
 * Id of the command.
 */
command_id: CommandId, 
/**
 * Its method, for example `orders.complete`.
 */
method: string, 
/**
 * The order; absent for `orders.create` until it is done.
 */
ttn?: Ttn, 
/**
 * What is to be registered.
 */
order?: OrderDraft, 
/**
 * The new place.
 */
place?: Location, 
/**
 * When the clerk gave it (the desktop's clock).
 */
since: Timestamp, 
/**
 * How far it is.
 */
progress: Progress, };

/**
 * A valid phone number. Debug and Display show `+38067*****67`; [`Phone::as_e164`] gives the number itself.
 */
export type Phone = string;

/**
 * One order of `orders.set_places`.
 */
export type PlaceItem = { 
/**
 * Client-made id of the change of this order.
 */
command_id: CommandId, 
/**
 * The order.
 */
ttn: Ttn, };

/**
 * A price and how it came about, in minor units.
 */
export type Price = { 
/**
 * Version of the tariff.
 */
tariff_version: string, 
/**
 * Base.
 */
base_minor: number, 
/**
 * For the chargeable weight.
 */
weight_minor: number, 
/**
 * For the declared value.
 */
declared_minor: number, 
/**
 * To pay.
 */
total_minor: number, 
/**
 * Chargeable weight in grams, all items.
 */
chargeable_g: number, };

/**
 * What was refused and why. Travels as `error.data` of a JSON-RPC response, or inside a command's outcome.
 */
export type Problem = { 
/**
 * Machine-readable reason.
 */
code: ProblemCode, 
/**
 * For the log and for developers; English, never shown to a clerk, never holds the refused content.
 */
message: string, 
/**
 * Every field that was refused (`code` is then `invalid_fields`).
 */
fields?: Array<FieldRefusal>, 
/**
 * The rule of the domain that said no (`code` is then `refused`).
 */
refusal?: RefusalCode, 
/**
 * Values for the sentence about `refusal`.
 */
detail?: RefusalDetail, 
/**
 * Who holds the lock (`order_locked`, `lock_lost`).
 */
holder?: LockHolder, 
/**
 * When trying again makes sense, milliseconds from now (`rate_limited`, `locks_unavailable`, `server_busy`).
 */
retry_after_ms?: number, 
/**
 * Column of the offending byte in the frame, from 1 (`bad_json`).
 */
column?: number, 
/**
 * The request id that all logs of this command carry; a clerk can read it to the admin.
 */
request_id?: string, 
/**
 * Server time of the refusal.
 */
at?: Timestamp, };

/**
 * Machine-readable reason of a [`Problem`].
 */
export type ProblemCode = "bad_json" | "bad_request" | "unknown_method" | "invalid_fields" | "refused" | "not_found" | "unauthenticated" | "wrong_credentials" | "forbidden" | "bad_setup_code" | "setup_required" | "id_reused" | "order_locked" | "lock_lost" | "locks_unavailable" | "rate_limited" | "server_busy" | "storage_full" | "storage_unavailable" | "version_mismatch" | "offline" | "server_unreachable" | "internal";

/**
 * How far a command is.
 */
export type Progress = { "is": "unsent" } | { "is": "sent" } | { "is": "accepted" } | { "is": "done" } | { "is": "refused", 
/**
 * Why.
 */
problem: Problem, };

/**
 * A number as it came from outside. Anything that is no whole number stays visible as such, so that the answer can be "between 1 and
 * 3000", not "broken frame".
 */
export type Quantity = number;

/**
 * Result of the core command `quote`: computed by the same Rust rules as on the server, without asking it.
 */
export type Quote = { 
/**
 * The price.
 */
price: Price, 
/**
 * Chargeable weight per item in grams, in the order given.
 */
chargeable_g: Array<number>, };

/**
 * `orders.recent`: the last five registered at this station, newest first.
 */
export type RecentOrders = { 
/**
 * At most five.
 */
rows: Array<OrderRow>, };

/**
 * A rule that said no.
 */
export type RefusalCode = "bad_text" | "bad_number" | "bad_phone" | "bad_ttn" | "empty" | "too_long" | "too_many" | "no_cargo" | "not_allowed_in_status" | "role_too_low" | "reason_required" | "final_state" | "same_place" | "undo_expired" | "deleted" | "not_your_branch" | "message_not_a_problem" | "message_replaced" | "message_told" | "same_phone" | "unknown_placeholder" | "ttn_missing" | "too_many_segments";

/**
 * Values for the sentence about a refusal. All optional; which are set follows from the code.
 */
export type RefusalDetail = { 
/**
 * Position of the offending character, from 1, in characters.
 */
position?: number, 
/**
 * Smallest allowed value.
 */
min?: number, 
/**
 * Largest allowed value or length.
 */
max?: number, 
/**
 * The value that was too large.
 */
actual?: number, 
/**
 * Where the message is.
 */
message?: MessageState, 
/**
 * The order's status.
 */
status?: Status, 
/**
 * The role that would be allowed.
 */
role?: Role, 
/**
 * A finer reason, for phones: see [`crate::phone::PhoneRefusal`].
 */
reason?: string, };

/**
 * `locks.release`. Releasing what is not ours is no error and does nothing.
 */
export type ReleaseLock = { 
/**
 * The order.
 */
ttn: Ttn, };

/**
 * `locks.renew`: heartbeat for all locks of this session in one call.
 */
export type RenewLocks = { 
/**
 * At most 50.
 */
ttns: Array<Ttn>, };

/**
 * What happens to the events that a desktop missed.
 */
export type Replay = { "state": "follows", 
/**
 * How many events.
 */
missed: number, } | { "state": "resync_required" };

/**
 * `templates.reset`: back to the default.
 */
export type ResetTemplate = { 
/**
 * Id of this command.
 */
command_id: CommandId, 
/**
 * What it tells.
 */
notice: CustomerNotice, 
/**
 * In which language.
 */
language: Language, };

/**
 * `session.resume`: the same session on a new socket.
 */
export type Resume = { 
/**
 * The token of the session.
 */
token: SessionToken, 
/**
 * Sequence of the last event this desktop has seen. A number that no history of ours can have (negative, a fraction, too large) is
 * read as `u64::MAX`, so that it ends in `resync_required` like every other one from elsewhere.
 */
since: number, };

/**
 * Result of `session.resume`.
 */
export type Resumed = { 
/**
 * The session as it is now.
 */
session: Session, 
/**
 * What happens to the events missed.
 */
replay: Replay, };

/**
 * What an employee may do. Each role includes the ones before it.
 */
export type Role = "clerk" | "dispatcher" | "supervisor" | "admin";

/**
 * Every notification of the server: `method` and `params` of a JSON-RPC notification.
 */
export type ServerNotice = { "method": "events.changes", "params": ChangeBatch } | { "method": "events.locks", "params": LockNews } | { "method": "events.lock_told", "params": LockTold } | { "method": "command.outcome", "params": CommandOutcome } | { "method": "session.closing", "params": Closing };

/**
 * What a session is: shown in the status bar, used to decide what to offer.
 */
export type Session = { 
/**
 * Id of the session; locks name it.
 */
id: SessionId, 
/**
 * Who signed in.
 */
employee: EmployeeId, 
/**
 * Full name of the employee.
 */
name: string, 
/**
 * Role of the employee.
 */
role: Role, 
/**
 * Where the employee works.
 */
branch: Branch, 
/**
 * The workstation.
 */
station: string, 
/**
 * Prices of today, so that the desktop can quote while the clerk types.
 */
tariff: Tariff, 
/**
 * Address of the public tracking page as it stands in SMS texts, for example `post.example`.
 */
tracking_url: string, 
/**
 * When the session ends whatever happens.
 */
expires_at: Timestamp, 
/**
 * Sequence of the last event at the moment of the answer; later ones follow as notifications.
 */
sequence: number, 
/**
 * Server time.
 */
now: Timestamp, };

/**
 * One sign-in on one desktop. Survives reconnects; ends with sign-out or expiry.
 */
export type SessionId = string;

/**
 * The secret that proves a session: 256 random bits in base64url. Debug hides it.
 */
export type SessionToken = string;

/**
 * `orders.set_places`: one place for many orders, as scanned. Each takes and releases its lock inside and has an outcome of its own.
 */
export type SetPlaces = { 
/**
 * The orders, 1 to 50, each with a command id of its own.
 */
items: Array<PlaceItem>, 
/**
 * City.
 */
city: string, 
/**
 * Street and house, or branch.
 */
street: string, 
/**
 * Remark, at most 200 characters.
 */
note?: string, };

/**
 * `templates.set`: from the next message on. `invalid_fields` with `text` says what is wrong with it.
 */
export type SetTemplate = { 
/**
 * Id of this command.
 */
command_id: CommandId, 
/**
 * What it tells.
 */
notice: CustomerNotice, 
/**
 * In which language.
 */
language: Language, 
/**
 * The text.
 */
text: string, };

/**
 * `session.set_up`: makes the first employee, an admin, with the one-time code that the server printed.
 */
export type SetUp = { 
/**
 * The one-time code from the server's first start.
 */
code: string, 
/**
 * Name of the first branch, its city and street.
 */
branch_name: string, 
/**
 * City of the first branch.
 */
branch_city: string, 
/**
 * Street and house of the first branch.
 */
branch_street: string, 
/**
 * Full name of the admin.
 */
name: string, 
/**
 * Login of the admin.
 */
login: string, 
/**
 * Password of the admin.
 */
password: Password, };

/**
 * `session.sign_in`.
 */
export type SignIn = { 
/**
 * Login of the employee.
 */
login: string, 
/**
 * Password of the employee.
 */
password: Password, 
/**
 * Where the employee works today. Clerks and dispatchers: only their own branch.
 */
branch: BranchId, 
/**
 * The workstation, for example "2".
 */
station: string, 
/**
 * Language of the desktop.
 */
language: Language, };

/**
 * Result of `session.sign_in`: the secret, and what the session is.
 */
export type SignedIn = { 
/**
 * Kept by the desktop's Rust core; never reaches the webview.
 */
token: SessionToken, 
/**
 * What the session is.
 */
session: Session, };

/**
 * Alphabet of a text.
 */
export type SmsEncoding = "gsm7" | "ucs2";

/**
 * Result of the core command `preview_sms`: the text of a template, measured by the rules of the server, without asking it.
 */
export type SmsPreview = { 
/**
 * What it tells.
 */
notice: CustomerNotice, 
/**
 * The text with the TTN's unknown digits as `•` where it is not issued yet.
 */
text: string, 
/**
 * UTF-16 units (or GSM-7 septets) used.
 */
used: number, 
/**
 * Units that fit in the segments used.
 */
limit: number, 
/**
 * Segments.
 */
segments: number, 
/**
 * Alphabet.
 */
encoding: SmsEncoding, 
/**
 * Why `templates.set` would refuse the template; absent: it would not, or no template was given.
 */
refusal?: FieldRefusal, };

/**
 * How much of SMS a text takes.
 */
export type SmsSize = { 
/**
 * Alphabet.
 */
encoding: SmsEncoding, 
/**
 * Units used: septets or UTF-16 units.
 */
used: number, 
/**
 * Units that `segments` segments hold.
 */
limit: number, 
/**
 * Number of segments, from 1.
 */
segments: number, };

/**
 * Where a row's text is compared and ordered.
 */
export type SortKey = "ttn" | "status" | "description" | "location" | "updated";

/**
 * Status of an order, ordered by life cycle. *Problem* in lists is a view, never a status.
 */
export type Status = "new" | "delivering" | "delivered" | "completed" | "canceled";

/**
 * `locks.take_over`: a supervisor takes the lock, with a reason that stands on the timeline and in the audit.
 */
export type TakeOverLock = { 
/**
 * Client-made id: asked again after a lost answer, it is written once.
 */
command_id: CommandId, 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Why.
 */
reason: string, };

/**
 * A version of the price list.
 */
export type Tariff = { 
/**
 * Name of the version, for example `2026-10`.
 */
version: string, 
/**
 * Base price in minor units.
 */
base_minor: number, 
/**
 * Price per kilogram of chargeable weight, in minor units.
 */
per_kg_minor: number, 
/**
 * Share of the declared value in hundredths of a percent (50 = 0.5 %).
 */
declared_basis_points: number, 
/**
 * Cubic millimetres that count as a gram.
 */
volume_divisor: number, };

/**
 * The template of one notice in one language.
 */
export type Template = { 
/**
 * What it tells.
 */
notice: CustomerNotice, 
/**
 * In which language.
 */
language: Language, 
/**
 * The text, with `{ttn}` and `{url}` where those go.
 */
text: string, 
/**
 * The text it would have if nobody had changed it.
 */
default_text: string, 
/**
 * What a text of it takes, with a real TTN and the configured address.
 */
size: SmsSize, 
/**
 * When it was changed; absent: nobody has.
 */
changed_at?: Timestamp, 
/**
 * Who changed it.
 */
changed_by?: Doer, };

/**
 * Result of `templates.get`, `templates.set` and `templates.reset`: all of them as they are now.
 */
export type Templates = { 
/**
 * One for every notice and language.
 */
templates: Array<Template>, 
/**
 * What `{url}` stands for.
 */
tracking_url: string, 
/**
 * Most segments that a text may take (`sms.max_segments`).
 */
max_segments: number, };

/**
 * One line of an order's history.
 */
export type TimelineEntry = { 
/**
 * Position in the order's history, from 1.
 */
seq: number, 
/**
 * Server time.
 */
at: Timestamp, 
/**
 * Who did it; absent for what happened by itself.
 */
by?: Doer, 
/**
 * What happened.
 */
fact: Fact, };

/**
 * A moment: milliseconds since the Unix epoch, UTC.
 */
export type Timestamp = number;

/**
 * A valid TTN.
 */
export type Ttn = string;

/**
 * `locks.wait`: tell me when it is free. Asked again every few seconds while waiting; the place in the line stays.
 */
export type WaitForLock = { 
/**
 * The order.
 */
ttn: Ttn, };

/**
 * `orders.cancel`, `orders.delete`: accepted, then an outcome event.
 */
export type WithReason = { 
/**
 * Id of this command.
 */
command_id: CommandId, 
/**
 * The order.
 */
ttn: Ttn, 
/**
 * Why; may be empty only where the rule allows it (a clerk cancelling a New order).
 */
reason: string, };

/** Every method of the server: its parameters and its result. */
export type Methods = {
  "session.describe": { params: Nothing; result: Office };
  "session.set_up": { params: SetUp; result: Nothing };
  "session.sign_in": { params: SignIn; result: SignedIn };
  "session.resume": { params: Resume; result: Resumed };
  "session.sign_out": { params: Nothing; result: Nothing };
  "orders.create": { params: CreateOrder; result: OrderCreated };
  "orders.list": { params: ListOrders; result: OrderPage };
  "orders.get": { params: GetOrder; result: OrderDetails };
  "orders.recent": { params: Nothing; result: RecentOrders };
  "orders.change_location": { params: ChangeLocation; result: Accepted };
  "orders.cancel": { params: WithReason; result: Accepted };
  "orders.complete": { params: CompleteOrder; result: Accepted };
  "orders.delete": { params: WithReason; result: Accepted };
  "orders.undo": { params: WithReason; result: Accepted };
  "orders.set_places": { params: SetPlaces; result: AllAccepted };
  "locks.acquire": { params: AcquireLock; result: LockGranted };
  "locks.renew": { params: RenewLocks; result: LocksRenewed };
  "locks.release": { params: ReleaseLock; result: Nothing };
  "locks.wait": { params: WaitForLock; result: InLine };
  "locks.ask": { params: AskForLock; result: InLine };
  "locks.leave": { params: LeaveLine; result: Nothing };
  "locks.answer": { params: AnswerAsk; result: AskAnswered };
  "locks.take_over": { params: TakeOverLock; result: LockGranted };
  "locks.snapshot": { params: Nothing; result: LockSnapshot };
  "messages.list": { params: ListMessages; result: MessagePage };
  "messages.get": { params: GetMessage; result: MessageDetails };
  "messages.counts": { params: CountMessages; result: MessagesCounted };
  "messages.resend": { params: OnMessage; result: MessageDone };
  "messages.correct_number": { params: CorrectNumber; result: MessageDone };
  "messages.mark_told": { params: OnMessage; result: MessageDone };
  "templates.get": { params: Nothing; result: Templates };
  "templates.set": { params: SetTemplate; result: Templates };
  "templates.reset": { params: ResetTemplate; result: Templates };
};

export const PROTOCOL_VERSION = 1;
export const MAX_MESSAGE_BYTES = 65536;
