import { emit } from '@tauri-apps/api/event'
import { mockIPC } from '@tauri-apps/api/mocks'
import type {
  Branch,
  Call,
  CoreEvent,
  CoreState,
  DraftName,
  KeptDraft,
  Link,
  OrderPage,
  Problem,
  Session,
} from '@/protocol/protocol'
import { detailsOf } from './details'
import { lockViews } from './locks'
import { messageCounts, messageDetails, messagePage } from './messages'
import { rows } from './rows'
import { previewOf, templates } from './texts'
import { at, NOW, say, world } from './world'

const branches: Branch[] = [
  {
    id: 'lviv-3',
    name: say('Львів 3', 'Lviv 3'),
    location: { city: say('Львів', 'Lviv'), street: say('вул. Городоцька, 120', 'Horodotska St, 120') },
  },
  {
    id: 'kyiv-41',
    name: say('Київ 41', 'Kyiv 41'),
    location: { city: say('Київ', 'Kyiv'), street: say('вул. Хрещатик, 22', 'Khreshchatyk St, 22') },
  },
  {
    id: 'odesa-12',
    name: say('Одеса 12', 'Odesa 12'),
    location: { city: say('Одеса', 'Odesa'), street: say('вул. Дерибасівська, 12', 'Derybasivska St, 12') },
  },
]

const names = {
  clerk: say('Оператор 12', 'Clerk 12'),
  supervisor: say('Старший зміни 1', 'Supervisor 1'),
  admin: say('Адміністратор', 'Admin'),
}

const session: Session = {
  id: 's-me',
  employee: 'e-12',
  name: names[world.role],
  role: world.role,
  branch: branches[0] as Branch,
  station: '2',
  tariff: {
    version: '2026-10',
    base_minor: 5500,
    per_kg_minor: 1800,
    declared_basis_points: 50,
    volume_divisor: 4000,
  },
  tracking_url: 'post.example',
  expires_at: NOW + 8 * 3600_000,
  sequence: 900,
  now: NOW,
}

const offline: Problem = { code: 'offline', message: 'connection refused' }

function link(): Link {
  if (world.state === 'offline')
    return { state: 'offline', since: at('14:02:10'), attempt: 14, retry_in_ms: 8000, problem: offline }
  if (world.state === 'catching') return { state: 'catching_up', missing: 37 }
  if (world.state === 'signed-out') return { state: 'signed_out' }
  return { state: 'live', caught_up: 0 }
}

const state: CoreState = {
  version: '0.1.0',
  server: 'post-lviv.local:7700',
  office: {
    name: say('Львівська пошта', 'Lviv post'),
    version: '0.1.0',
    protocol: 1,
    setup_required: world.state === 'set-up',
    branches,
    stations_live: Number(new URLSearchParams(window.location.search).get('stations') ?? 14),
    now: NOW,
  },
  session: world.state === 'signed-out' || world.state === 'set-up' ? undefined : session,
  link: link(),
  pending:
    world.state === 'offline'
      ? [
          {
            command_id: 'c1',
            method: 'orders.change_location',
            ttn: '1546407948622023',
            since: at('14:03:20'),
            progress: { is: 'unsent' },
          },
          {
            command_id: 'c2',
            method: 'orders.complete',
            ttn: '8293828489055885',
            since: at('14:05:02'),
            progress: { is: 'unsent' },
          },
        ]
      : [],
  last_sign_in: { branch: 'lviv-3', station: '2', login: 'clerk12' },
}

const counts = {
  all: 1284,
  new: 86,
  delivering: 412,
  delivered: 173,
  completed: 588,
  canceled: 21,
  problem: 4,
  sms_waiting: 4,
}
const none = {
  all: 0,
  new: 0,
  delivering: 0,
  delivered: 0,
  completed: 0,
  canceled: 0,
  problem: 0,
  sms_waiting: 0,
}

function list(params: Extract<Call, { method: 'orders.list' }>['params']): OrderPage {
  if (world.state === 'empty' || params.search?.includes('Ужгород'))
    return { rows: [], counts: none, sequence: 900 }
  const fits = rows.filter(
    (row) => params.tab === 'all' || params.tab === 'problem' || row.status === params.tab,
  )
  const first = Number(params.after ?? 0)
  const next = first + params.limit
  return {
    rows: fits.slice(first, next),
    next: next < fits.length ? String(next) : undefined,
    counts: params.after ? undefined : counts,
    sequence: 900,
  }
}

function answer(call: Call): unknown {
  switch (call.method) {
    case 'orders.list':
      if (world.state === 'error')
        throw { code: 'storage_unavailable', message: 'no store', request_id: 'r-7f3a' } satisfies Problem
      if (world.state === 'slow') return new Promise(() => undefined)
      return list(call.params)
    case 'orders.get': {
      const row = rows.find((known) => known.ttn === call.params.ttn) ?? rows[2]
      return row && { ...detailsOf(row), lock: lockViews.find((view) => view.ttn === row.ttn) }
    }
    case 'messages.list':
      if (world.state === 'error')
        throw { code: 'storage_unavailable', message: 'no store', request_id: 'r-7f3a' } satisfies Problem
      if (world.state === 'slow') return new Promise(() => undefined)
      return messagePage(call.params)
    case 'messages.get':
      return messageDetails(call.params.event_id)
    case 'templates.get':
      return templates()
    case 'messages.counts':
      return messageCounts()
    case 'orders.recent':
      return { rows: rows.slice(0, 5) }
    case 'locks.snapshot':
      return { locks: lockViews }
    default:
      throw offline
  }
}

/** `damaged=register|places|texts`: that draft could not be read. */
function keptDrafts(): KeptDraft[] {
  const name = new URLSearchParams(window.location.search).get('damaged') as DraftName | null
  const folder = '/home/lviv3/.local/share/ua.postoffice.desktop/employees/e-12/drafts/damaged'
  return name ? [{ is: 'damaged', name, file: `${folder}/${name}` }] : []
}

/** Other builders' commands go here: `extra.quote = (args) => …` in preview/main.tsx. */
export const extra: Record<string, (args: never) => unknown> = {}

function command(name: string, args: never): unknown {
  const given = args as { call?: Call }
  const own = extra[name]
  if (own) return own(args)
  switch (name) {
    case 'core_state':
      return state
    case 'connect':
      return state.office
    case 'request':
      return given.call && answer(given.call)
    case 'submit':
      // An outcome that never comes: the pictures show the moment of waiting.
      return new Promise(() => undefined)
    case 'open_editor': {
      const { ttn } = args as { ttn: string }
      if (world.state === 'no-locks')
        throw { code: 'locks_unavailable', message: 'Redis is away' } satisfies Problem
      const row = rows.find((known) => known.ttn === ttn) ?? rows[2]
      const lease = { ttn, fence: 7, lease_ms: 30_000, renew_every_ms: 10_000 }
      return row && { lease, details: detailsOf(row) }
    }
    case 'check_place':
      return { status: 'delivered' }
    case 'check_parties':
    case 'check_cargo':
      return []
    case 'quote':
      return {
        price: {
          tariff_version: '2026-10',
          base_minor: 5500,
          weight_minor: 6840,
          declared_minor: 750,
          total_minor: 13090,
          chargeable_g: 3800,
        },
        chargeable_g: [3800],
      }
    case 'preview_sms':
      return previewOf(args as never)
    case 'check_phone':
      return null
    case 'drafts':
      return keptDrafts()
    case 'new_command_id':
      return crypto.randomUUID()
    default:
      return null
  }
}

/** Puts an invented core behind the window. */
export function mockCore(): void {
  mockIPC((name, args) => command(name, args as never), { shouldMockEvents: true })
}

/** Says something in the core's name. */
export const tell = (event: CoreEvent) => emit('core', event)

Object.assign(window, { tell })
