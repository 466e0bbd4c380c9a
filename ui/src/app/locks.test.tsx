import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { createMemoryRouter, Outlet, RouterProvider } from 'react-router'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { OrderScreen } from '@/features/order/OrderScreen'
import { startTexts } from '@/i18n/i18n'
import { connection, locks } from '@/lib/connection'
import { drafts } from '@/lib/drafts'
import { lines } from '@/lib/line'
import { take } from '@/lib/live'
import { prefer } from '@/lib/preferences'
import { questions } from '@/lib/questions'
import type { CoreEvent, InLine, LockHolder, OrderDetails, Role, Session } from '@/protocol/protocol'
import { LockToasts } from './LockToasts'

const TTN = '8123475609142831'
const place = { city: 'Lviv', street: 'Branch 3' }
const party = { phone: '+380930005508', name: 'M. D.', location: { city: 'Odesa', street: 'Branch 12' } }
const details: OrderDetails = {
  order: {
    ttn: TTN,
    status: 'delivering',
    sender: party,
    recipient: party,
    description: 'Books',
    payer: 'sender',
    language: 'uk',
    cargo: [],
    price: {
      tariff_version: '1',
      base_minor: 1,
      weight_minor: 0,
      declared_minor: 0,
      total_minor: 1,
      chargeable_g: 1,
    },
    origin: place,
    location: place,
    branch: 'lviv-3',
    registered_by: 'e',
    registered_at: 0,
    updated_at: 0,
    version: 1,
  },
  actions: [{ action: 'change_location', allowed: true, reason_required: false }],
  timeline: [],
  messages: [],
  sequence: 1,
}
const holder: LockHolder = {
  session: 's-7',
  employee: 'e-7',
  name: 'Clerk 7',
  station: '3',
  since: 0,
  purpose: 'edit_place',
}
const asked: CoreEvent = {
  type: 'lock_told',
  data: {
    told: 'asked',
    ask: { ttn: TTN, by: { name: 'Clerk 8', station: '5' }, answer_within_ms: 20_000 },
  },
}

let queries: QueryClient
let calls: { name: string; args: Record<string, unknown> }[] = []
let refuse: Record<string, unknown> = {}

const happens = (event: CoreEvent) => act(async () => take(event, queries))
const line = (now: InLine | undefined) => happens({ type: 'in_line', data: { ttn: TTN, line: now } })
const lockedBy = (by: LockHolder | undefined) =>
  happens({
    type: 'locks',
    data: { snapshot: true, held: by ? [{ ttn: TTN, holder: by, expires_in_ms: 30_000 }] : [], freed: [] },
  })
const press = async (code: string, more: KeyboardEventInit = {}) => {
  await act(async () => {
    fireEvent.keyDown(document.activeElement ?? document.body, { code, ...more })
  })
}
const called = (name: string) => calls.filter((call) => call.name === name)

beforeEach(() => {
  queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  })
  calls = []
  refuse = {}
  localStorage.clear()
  drafts.set(undefined)
  locks.set(new Map())
  lines.set(new Map())
  questions.set(new Map())
  prefer({ language: 'en' })
  startTexts('en')
  mockIPC((name, args) => {
    calls.push({ name, args: args as Record<string, unknown> })
    if (refuse[name]) throw refuse[name]
    switch (name) {
      case 'request':
        return details
      case 'new_command_id':
        return 'c-1'
      case 'open_editor':
      case 'take_over':
        return { lease: { ttn: TTN, fence: 7, lease_ms: 30_000, renew_every_ms: 10_000 }, details }
      case 'check_place':
        return { status: 'delivering' }
      default:
        return null
    }
  })
})

afterEach(async () => {
  cleanup()
  await new Promise((done) => setTimeout(done, 0))
  clearMocks()
})

async function open(address: string, role: Role = 'clerk') {
  connection.set((before) => ({
    ...before,
    known: true,
    link: { state: 'live', caught_up: 0 },
    session: {
      id: 's-me',
      name: 'Clerk 12',
      role,
      branch: { id: 'lviv-3', name: 'Lviv 3', location: place },
      station: '2',
    } as Session,
  }))
  const router = createMemoryRouter(
    [
      {
        element: (
          <>
            <LockToasts />
            <Outlet />
          </>
        ),
        children: [
          { path: '/orders', element: <p>the list</p> },
          { path: '/orders/:ttn', element: <OrderScreen /> },
        ],
      },
    ],
    { initialEntries: [address] },
  )
  render(
    <MantineProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  await screen.findByText(address.includes(TTN) ? 'What you can do now' : 'the list')
  return router
}

const field = (id: string) => screen.getByTestId<HTMLInputElement>(id)
const waiting: InLine = { state: 'waiting', holder, place: 2 }
const granted: InLine = { state: 'granted', open_within_ms: 20_000 }

/** Opens the drawer and types a place into it. */
async function edit() {
  const router = await open(`/orders/${TTN}?do=place`)
  await vi.waitFor(() => expect(field('place-field').readOnly).toBe(false))
  await act(async () => {
    fireEvent.change(field('place-field'), { target: { value: 'Poltava, Branch 4' } })
  })
  field('place-field').focus()
  return router
}

it('a locked order says who edits, and F6 asks instead of opening', async () => {
  await open(`/orders/${TTN}`)
  await lockedBy(holder)
  expect(screen.getByTestId('lock-banner')).toHaveTextContent('Clerk 7, Station 3')
  expect(screen.getByText('Clerk 7 started editing place')).toBeVisible()
  expect(screen.getByText('Clerk 7 is editing it; F6 asks for it')).toBeVisible()
  expect(screen.queryByTestId('lock-take-over')).toBeNull()
  await press('F6')
  expect(called('ask_for_lock')).toHaveLength(1)
  expect(screen.queryByTestId('place-field')).toBeNull()
  await line({ state: 'asked', holder, place: 1, answer_within_ms: 14_000 })
  expect(screen.getByTestId('lock-banner')).toHaveTextContent('Asked · 14 s')
  // Asked is asked.
  await press('F6')
  expect(called('ask_for_lock')).toHaveLength(1)
  await line({ state: 'kept', holder, place: 1, ask_again_in_ms: 100_000 })
  expect(screen.getByTestId('lock-banner')).toHaveTextContent(
    // A second may pass before it is drawn.
    /Clerk 7 keeps it for now; ask again in 1:(40|3\d)/,
  )
  expect(screen.getByTestId('lock-ask')).toBeDisabled()
  await act(async () => fireEvent.click(screen.getByTestId('lock-stop')))
  expect(called('leave_line')).toHaveLength(1)
})

it('says so when nobody can be asked now', async () => {
  await open(`/orders/${TTN}`)
  await lockedBy(holder)
  refuse.ask_for_lock = { code: 'locks_unavailable', message: 'Redis is away' }
  await press('F6')
  expect(screen.getByTestId('lock-banner')).toHaveTextContent('reading and registration go on')
})

it('an address that wants the drawer of a locked order shows the page and asks nobody', async () => {
  locks.set(new Map([[TTN, { ttn: TTN, holder, expires_in_ms: 30_000, lapsesAt: Date.now() + 30_000 }]]))
  const router = await open(`/orders/${TTN}?do=place`)
  await vi.waitFor(() => expect(router.state.location.search).toBe(''))
  expect(called('open_editor')).toHaveLength(0)
  expect(called('ask_for_lock')).toHaveLength(0)
})

it('what was only waited for opens when the clerk says so', async () => {
  await open(`/orders/${TTN}`)
  await lockedBy(holder)
  await act(async () => fireEvent.click(screen.getByTestId('lock-wait')))
  await line(granted)
  expect(screen.getByTestId('toast-granted')).toBeVisible()
  expect(called('open_editor')).toHaveLength(0)
})

it('what was asked for opens by itself', async () => {
  await open(`/orders/${TTN}`)
  await lockedBy(holder)
  await press('F6')
  await line(granted)
  await vi.waitFor(() => expect(called('open_editor')).toHaveLength(1))
  expect(screen.queryByTestId('toast-granted')).toBeNull()
})

it('tells whoever waited, wherever they are, and opens on F6', async () => {
  const router = await open('/orders')
  await line(granted)
  expect(screen.getByTestId('toast-granted')).toHaveTextContent('is free and kept for you')
  await press('F6')
  expect(router.state.location.pathname).toBe(`/orders/${TTN}`)
  await vi.waitFor(() => expect(called('open_editor')).toHaveLength(1))
  await line(undefined)
  expect(screen.queryByTestId('toast-granted')).toBeNull()
})

it('lets the next one have it', async () => {
  await open('/orders')
  await line(granted)
  await act(async () => fireEvent.click(screen.getByTestId('granted-let-go')))
  expect(called('leave_line')).toHaveLength(1)
})

it.each([
  ['F6', {}, 'hand_over'],
  ['F6', { shiftKey: true }, 'keep'],
])('a question is answered with one key from inside the drawer: %s %o', async (code, more, answer) => {
  await edit()
  await happens(asked)
  expect(screen.getByTestId('toast-asked')).toHaveTextContent('Clerk 8, Station 5, asks for this parcel')
  expect(document.activeElement).toBe(field('place-field'))
  await press(code, more)
  expect(called('answer_ask').map((call) => call.args)).toEqual([{ ttn: TTN, answer }])
  expect(called('ask_for_lock')).toHaveLength(0)
  await happens({ type: 'lock_told', data: { told: 'ask_ended', ttn: TTN } })
  expect(screen.queryByTestId('toast-asked')).toBeNull()
})

it('an answer that did not arrive can be given again', async () => {
  await edit()
  await happens(asked)
  refuse.answer_ask = { code: 'offline', message: 'no link' }
  await press('F6')
  expect(screen.getByTestId('toast-asked')).toHaveTextContent('There is no connection to the server')
  refuse = {}
  await press('F6')
  expect(called('answer_ask')).toHaveLength(2)
})

it('work in the editor is told to the core while a question waits, once a second at most', async () => {
  await edit()
  await press('KeyA')
  expect(called('note_activity')).toHaveLength(0)
  await happens(asked)
  await press('KeyA')
  await press('KeyB')
  expect(called('note_activity')).toHaveLength(1)
  expect(screen.getByTestId('toast-asked')).toHaveTextContent('without an answer you keep it')
})

it('whoever loses a lock keeps the text, is told how, and gets it back with the lock', async () => {
  await edit()
  const nine = { ...holder, session: 's-9', name: 'Supervisor 1', station: '1' }
  await happens({
    type: 'editor_lost',
    data: {
      ttn: TTN,
      problem: { code: 'lock_lost', message: '', holder: nine },
      how: { how: 'taken_over', reason: 'the recipient waits' },
    },
  })
  await lockedBy(nine)
  expect(field('place-field').readOnly).toBe(true)
  expect(field('place-field').value).toBe('Poltava, Branch 4')
  expect(screen.getByTestId('place-save')).toBeDisabled()
  expect(screen.getByTestId('editor-lost')).toHaveTextContent('Taken over by Supervisor 1, Station 1')
  expect(screen.getByTestId('editor-lost')).toHaveTextContent('the recipient waits')
  await act(async () => fireEvent.click(screen.getByTestId('editor-wait')))
  expect(called('wait_for_lock')).toHaveLength(1)
  await line({ ...waiting, holder: nine })
  expect(screen.getByTestId('editor-line')).toHaveTextContent('You are number 2 in line')
  await line(granted)
  await vi.waitFor(() => expect(called('open_editor')).toHaveLength(2))
  await vi.waitFor(() => expect(field('place-field').readOnly).toBe(false))
  expect(field('place-field').value).toBe('Poltava, Branch 4')
  expect(screen.getByTestId('place-draft')).toHaveTextContent('Your draft is back')
})

it('a drawer that was refused when it was given is not tried in a storm', async () => {
  await edit()
  await happens({
    type: 'editor_lost',
    data: { ttn: TTN, problem: { code: 'lock_lost', message: '', holder }, how: { how: 'handed_over' } },
  })
  refuse.open_editor = { code: 'order_locked', message: '', holder }
  await line(granted)
  await screen.findByTestId('editor-refused')
  await new Promise((done) => setTimeout(done, 50))
  expect(called('open_editor')).toHaveLength(2)
})

it('a supervisor takes over with a reason, under one id for every try', async () => {
  await open(`/orders/${TTN}`, 'supervisor')
  await lockedBy(holder)
  await act(async () => fireEvent.click(screen.getByTestId('lock-take-over')))
  const reason = screen.getByRole('textbox')
  await press('Enter', { ctrlKey: true })
  expect(called('take_over')).toHaveLength(0)
  await act(async () => fireEvent.change(reason, { target: { value: 'the van leaves' } }))
  refuse.take_over = { code: 'offline', message: 'the answer was lost' }
  await press('Enter', { ctrlKey: true })
  expect(screen.getByRole('dialog')).toHaveTextContent('There is no connection to the server')
  refuse = {}
  await press('Enter', { ctrlKey: true })
  const tries = called('take_over').map((call) => call.args)
  expect(tries).toEqual(Array(2).fill({ commandId: 'c-1', ttn: TTN, reason: 'the van leaves' }))
  // The drawer opens although the news of it is not here yet.
  await vi.waitFor(() => expect(called('open_editor')).toHaveLength(1))
})
