import type { ActionState, Doer, Order, OrderDetails, OrderRow, TimelineEntry } from '@/protocol/protocol'
import { at, say, world } from './world'

const clerk = (number: number, station: string): Doer => ({
  name: say(`Оператор ${number}`, `Clerk ${number}`),
  branch: 'lviv-3',
  station,
})

const origin = { city: say('Львів', 'Lviv'), street: say('Відділення 3', 'Branch 3') }

function order(row: OrderRow): Order {
  return {
    ttn: row.ttn,
    status: row.status,
    sender: {
      phone: '+380670001241',
      name: say('О. К.', 'O. K.'),
      location: { city: say('Львів', 'Lviv'), street: say('вул. Городоцька, 120', 'Horodotska St, 120') },
    },
    recipient: {
      phone: '+380930005508',
      name: say('М. Д.', 'M. D.'),
      location: { city: row.recipient_city, street: say('Відділення 12', 'Branch 12') },
    },
    description: row.description,
    payer: 'sender',
    language: world.lang,
    cargo: [
      { number: 1, length_mm: 300, width_mm: 200, height_mm: 150, weight_g: 1850, declared_minor: 100000 },
      { number: 2, length_mm: 230, width_mm: 160, height_mm: 100, weight_g: 1550, declared_minor: 50000 },
    ],
    price: {
      tariff_version: '2026-10',
      base_minor: 5500,
      weight_minor: 6840,
      declared_minor: 750,
      total_minor: 13090,
      chargeable_g: 3800,
    },
    origin,
    location: row.location,
    branch: 'lviv-3',
    registered_by: 'e-12',
    registered_at: at('11:04:19'),
    updated_at: row.updated_at,
    version: row.version,
    ...(isFinal(row) ? { status_before_final: 'delivering' as const } : {}),
  }
}

const isFinal = (row: OrderRow) => row.status === 'canceled' || row.status === 'completed'

const mayCancel = (row: OrderRow): ActionState => {
  const refused = { action: 'cancel', allowed: false, reason_required: true } as const
  if (isFinal(row)) return { ...refused, refusal: 'not_allowed_in_status', detail: { status: row.status } }
  if (row.status === 'new') return { action: 'cancel', allowed: true, reason_required: false }
  if (world.role === 'supervisor') return { action: 'cancel', allowed: true, reason_required: true }
  return { ...refused, refusal: 'role_too_low', detail: { role: 'supervisor' } }
}

const mayUndo = (row: OrderRow): ActionState =>
  isFinal(row) && world.role === 'supervisor'
    ? { action: 'undo', allowed: true, reason_required: true }
    : {
        action: 'undo',
        allowed: false,
        refusal: 'not_allowed_in_status',
        detail: { status: row.status },
        reason_required: true,
      }

const actions = (row: OrderRow): ActionState[] => [
  { action: 'change_location', allowed: true, reason_required: false },
  row.status === 'delivered'
    ? { action: 'complete', allowed: true, reason_required: false }
    : {
        action: 'complete',
        allowed: false,
        refusal: 'not_allowed_in_status',
        detail: { status: row.status },
        reason_required: false,
      },
  mayCancel(row),
  {
    action: 'delete',
    allowed: false,
    refusal: 'not_allowed_in_status',
    detail: { status: row.status },
    reason_required: true,
  },
  mayUndo(row),
]

const timeline = (row: OrderRow): TimelineEntry[] => [
  {
    seq: 8,
    at: at('14:30:02'),
    by: { ...clerk(1, '1'), name: say('Старший зміни 1', 'Supervisor 1') },
    fact: {
      kind: 'lock',
      event: {
        type: 'taken_over',
        from: { name: say('Оператор 9', 'Clerk 9'), station: '4' },
        reason: say('отримувач чекає біля каси', 'the recipient waits at the counter'),
      },
    },
  },
  {
    seq: 7,
    at: at('14:29:36'),
    by: clerk(12, '2'),
    fact: {
      kind: 'lock',
      event: {
        type: 'handed_over',
        to: { name: say('Оператор 9', 'Clerk 9'), station: '4' },
        asked_at: at('14:29:30'),
        by_silence: false,
      },
    },
  },
  {
    seq: 6,
    at: at('14:28:51'),
    by: clerk(4, '1'),
    fact: { kind: 'order', event: { type: 'location_changed', from: origin, to: row.location } },
  },
  {
    seq: 5,
    at: at('12:47:13'),
    fact: {
      kind: 'sms',
      event_id: 'm2',
      notice: 'arrived',
      state: 'delivered',
      segments: 1,
      attempts: 1,
      after_ms: 4000,
    },
  },
  {
    seq: 4,
    at: at('12:47:08'),
    by: clerk(9, '4'),
    fact: { kind: 'order', event: { type: 'status_changed', from: 'new', to: 'delivering' } },
  },
  {
    seq: 3,
    at: at('11:04:25'),
    fact: {
      kind: 'sms',
      event_id: 'm1',
      notice: 'accepted',
      state: 'delivered',
      segments: 1,
      attempts: 1,
      after_ms: 6000,
    },
  },
  {
    seq: 2,
    at: at('11:04:20'),
    fact: {
      kind: 'sms',
      event_id: 'm1',
      notice: 'accepted',
      state: 'accepted',
      segments: 1,
      attempts: 1,
      after_ms: 400,
    },
  },
  {
    seq: 1,
    at: at('11:04:19'),
    by: clerk(12, '2'),
    fact: { kind: 'order', event: { type: 'registered', total_minor: 13090, items: 2, at_place: origin } },
  },
]

/** Everything about one order of the list. */
export function detailsOf(row: OrderRow): OrderDetails {
  return {
    order: order(row),
    actions: actions(row),
    timeline: timeline(row),
    messages: [
      {
        event_id: 'm1',
        notice: 'accepted',
        phone: '+380930005508',
        language: world.lang,
        state: 'delivered',
        text: say(
          'Посилку 8123 4756 0914 2831 прийнято. Стежити: post.example',
          'Parcel 8123 4756 0914 2831 accepted. Track: post.example',
        ),
        segments: 1,
        attempts: 1,
        queued_at: at('11:04:19'),
        accepted_at: at('11:04:20'),
        finished_at: at('11:04:25'),
      },
    ],
    sequence: 900,
  }
}
