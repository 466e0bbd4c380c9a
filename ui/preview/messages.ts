import type {
  CustomerNotice,
  ListMessages,
  MessageAttempt,
  MessageCounts,
  MessageDetails,
  MessagePage,
  MessageReason,
  MessageRow,
  MessageState,
  MessagesCounted,
  MessageView,
} from '@/protocol/protocol'
import { measure } from './texts'
import { at, NOW, say, world } from './world'

type Line = [
  state: MessageState,
  ttn: string,
  notice: CustomerNotice,
  phone: string,
  attempts: number,
  age: string,
  more?: { reason?: MessageReason; after?: number; again?: number; told?: boolean },
]

const lines: Line[] = [
  ['unknown', '7295219408858588', 'arrived', '+380950004172', 1, '17:02', { reason: 'answer_lost' }],
  ['failed', '1578805873818830', 'arrived', '+380500003319', 3, '10:11', { reason: 'expired' }],
  ['failed', '7981712136226339', 'accepted', '+380480003301', 1, '42:30', { reason: 'bad_number' }],
  ['queued', '7367572585563873', 'accepted', '+380670003363', 0, '0:08'],
  ['queued', '1694561892385937', 'accepted', '+380930003327', 0, '0:21'],
  ['queued', '1210714214032417', 'accepted', '+380630003358', 0, '0:40'],
  [
    'queued',
    '1769909772785488',
    'completed',
    '+380660003350',
    1,
    '0:54',
    { reason: 'gateway_unavailable', again: 6 },
  ],
  ['accepted', '8095192551322059', 'accepted', '+380970003314', 1, '1:10'],
  ['accepted', '7185528368413458', 'arrived', '+380680003339', 1, '2:46'],
  [
    'failed',
    '8865122745533594',
    'accepted',
    '+380730003385',
    1,
    '3:00',
    { reason: 'undelivered', told: true },
  ],
  ['delivered', '8123475609142831', 'completed', '+380930003308', 1, '3:42', { after: 4 }],
  ['delivered', '8088667007474204', 'completed', '+380990003331', 1, '4:20', { after: 7 }],
  ['delivered', '1272818479753865', 'arrived', '+380670003377', 2, '5:02', { after: 31 }],
  ['delivered', '1546407948622023', 'accepted', '+380500003346', 1, '7:15', { after: 3 }],
  ['delivered', '1334340062588109', 'arrived', '+380960003302', 1, '10:40', { after: 5 }],
  ['delivered', '8293828489055885', 'arrived', '+380980003390', 1, '19:04', { after: 6 }],
  ['delivered', '7912160596364568', 'accepted', '+380670003312', 1, '22:41', { after: 4 }],
  ['delivered', '1485959947484796', 'accepted', '+380950003366', 1, '25:18', { after: 5 }],
]

const words: Record<CustomerNotice, (ttn: string) => string> = {
  accepted: (ttn) =>
    say(`Посилку ${ttn} прийнято. Стежити: post.example`, `Parcel ${ttn} accepted. Track it: post.example`),
  arrived: (ttn) =>
    say(`Посилка ${ttn} прибула. Деталі: post.example`, `Parcel ${ttn} has arrived. Details: post.example`),
  completed: (ttn) =>
    say(
      `Посилку ${ttn} вручено. Дякуємо! post.example`,
      `Parcel ${ttn} handed over. Thank you! post.example`,
    ),
}

const seconds = (age: string) => age.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)

/** The rows of the picture, then further delivered ones to scroll. */
export const messageRows: MessageRow[] = Array.from({ length: 320 }, (_, index) => {
  const round = Math.floor(index / lines.length)
  const line = (lines[index] ?? lines[10 + (index % 8)]) as Line
  const [state, ttn, notice, phone, attempts, age, more = {}] = line
  const number = round === 0 ? ttn : ttn.slice(0, 8) + String(10000000 + index * 7919).slice(0, 8)
  const queued = NOW - (seconds(age) + round * 1800) * 1000
  const accepted = queued + 400
  const message: MessageView = {
    event_id: `m${index}`,
    notice,
    phone,
    language: world.lang,
    state,
    reason: more.reason,
    text: words[notice](number.match(/\d{4}/g)?.join(' ') ?? number),
    segments: 1,
    attempts,
    queued_at: queued,
    accepted_at: state === 'queued' ? undefined : accepted,
    finished_at: more.after === undefined ? undefined : accepted + more.after * 1000,
    next_attempt_at: more.again === undefined ? undefined : NOW + more.again * 1000,
    told_at: more.told ? NOW - 60_000 : undefined,
    told_by: more.told ? { name: say('Оператор 12', 'Clerk 12'), branch: 'lviv-3', station: '2' } : undefined,
  }
  return { ttn: number, recipient_name: say('М. Д.', 'M. D.'), recipient_city: say('Суми', 'Sumy'), message }
})

const counts: MessageCounts = {
  all: 612,
  waiting: 4,
  accepted: 2,
  delivered: 603,
  failed: 2,
  unknown: 1,
  problems: 3,
  oldest_waiting_at: world.state === 'held-up' ? at('14:02:10') : NOW - 54_000,
}

const none: MessageCounts = {
  all: 0,
  waiting: 0,
  accepted: 0,
  delivered: 0,
  failed: 0,
  unknown: 0,
  problems: 0,
}

/** The counts of the invented branch. */
export const messageCounts = (): MessagesCounted => ({
  counts: world.state === 'empty' ? none : counts,
  sequence: 900,
  as_of: NOW,
})

/** One page of the list. */
export function messagePage(params: ListMessages): MessagePage {
  const fits = messageRows.filter(({ ttn, message }) => {
    const tab = message.state === 'queued' ? 'waiting' : message.state
    return (params.tab === 'all' || params.tab === tab) && ttn.includes(params.search ?? '')
  })
  const first = Number(params.after ?? 0)
  const next = first + params.limit
  const rows = world.state === 'empty' ? [] : fits.slice(first, next)
  return { rows, next: next < fits.length ? String(next) : undefined, sequence: 900, as_of: NOW }
}

/** One message with its tries. */
export function messageDetails(id: string): MessageDetails {
  const row = messageRows.find((known) => known.message.event_id === id) ?? (messageRows[1] as MessageRow)
  const { message } = row
  const times = ['14:21:40', '14:16:36', '14:11:30']
  const attempts: MessageAttempt[] = Array.from({ length: message.attempts }, (_, index) => {
    const last = index === 0
    const again = message.next_attempt_at ?? at(times[index - 1] ?? '14:21:40')
    return {
      attempt: message.attempts - index,
      at: at(times[index] ?? '14:00:00'),
      state: last ? message.state : 'queued',
      reason: last ? message.reason : 'gateway_unavailable',
      next_attempt_at: !last || message.state === 'queued' ? again : undefined,
    }
  })
  const actions = (['resend', 'correct_number', 'mark_told'] as const).map((action) => ({
    action,
    allowed: true,
  }))
  return { row, attempts, actions, size: measure(message.text ?? ''), sequence: 900 }
}
