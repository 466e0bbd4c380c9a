import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { OrderScreen } from '@/features/order/OrderScreen'
import { startTexts } from '@/i18n/i18n'
import { connection, locks } from '@/lib/connection'
import { drafts } from '@/lib/drafts'
import { heldCount } from '@/lib/heldKeys'
import { lines } from '@/lib/line'
import { take } from '@/lib/live'
import { prefer } from '@/lib/preferences'
import type { OrderDetails, Session } from '@/protocol/protocol'
import { pressKeys, signal } from '@/test-keys'

const TTN = '8123475609142831'
const place = { city: 'Lviv', street: 'Branch 3' }
const party = { phone: '+380930005508', name: 'M. D.', location: { city: 'Odesa', street: 'Branch 12' } }
const price = { tariff_version: '1', base_minor: 1, weight_minor: 0, declared_minor: 0, total_minor: 1 }
const details: OrderDetails = {
  order: {
    ttn: TTN,
    status: 'new',
    sender: party,
    recipient: party,
    description: 'Books',
    payer: 'sender',
    language: 'uk',
    cargo: [],
    price: { ...price, chargeable_g: 1 },
    origin: place,
    location: place,
    branch: 'lviv-3',
    registered_by: 'e',
    registered_at: 0,
    updated_at: 0,
    version: 1,
  },
  actions: [
    { action: 'change_location', allowed: true, reason_required: false },
    { action: 'cancel', allowed: true, reason_required: true },
  ],
  timeline: [],
  messages: [],
  sequence: 1,
}

let queries: QueryClient
let given: { method: string; params: Record<string, unknown> }[]
/** The order, the lock and the outcome of a change come when these have. */
let order: ReturnType<typeof signal>
let lock: ReturnType<typeof signal>
let outcome: ReturnType<typeof signal>
let lockRefused: unknown
let changeRefused: unknown

beforeEach(() => {
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  given = []
  order = signal()
  lock = signal()
  outcome = signal()
  lockRefused = undefined
  changeRefused = undefined
  drafts.set(undefined)
  locks.set(new Map())
  lines.set(new Map())
  prefer({ language: 'en' })
  startTexts('en')
  connection.set((before) => ({
    ...before,
    known: true,
    link: { state: 'live', caught_up: 0 },
    session: {
      id: 's-me',
      name: 'Clerk 12',
      role: 'clerk',
      branch: { id: 'lviv-3', name: 'Lviv 3', location: place },
      station: '2',
    } as Session,
  }))
  mockIPC(async (name, args) => {
    switch (name) {
      case 'request':
        await order.came
        return details
      case 'new_command_id':
        return `c-${given.length}`
      case 'open_editor':
        await lock.came
        if (lockRefused) throw lockRefused
        return { lease: { ttn: TTN, fence: 7, lease_ms: 30_000, renew_every_ms: 10_000 }, details }
      case 'check_place':
        return { status: 'delivering' }
      case 'submit':
        given.push((args as { call: (typeof given)[number] }).call)
        await outcome.came
        return { problem: changeRefused }
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

function open() {
  const router = createMemoryRouter(
    [
      { path: '/orders', element: <p>the list</p> },
      { path: '/orders/:ttn', element: <OrderScreen /> },
    ],
    { initialEntries: [`/orders/${TTN}`] },
  )
  render(
    <MantineProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} useTransitions={false} />
      </QueryClientProvider>
    </MantineProvider>,
  )
}

const comes = (one: ReturnType<typeof signal>) => act(async () => one.come())
const SAVE = '{Control>}{Enter}{/Control}'
const field = () => screen.getByTestId<HTMLInputElement>('place-field')

it('a place typed while the order and its lock are on their way is saved, once', async () => {
  open()
  await pressKeys(`{F6}Odesa, Branch 7${SAVE}${SAVE}`)
  expect(given).toEqual([])
  await comes(order)
  await waitFor(() => expect(field()).toHaveValue('Odesa, Branch 7'))
  expect(given).toEqual([])
  await comes(lock)
  await waitFor(() => expect(given).toHaveLength(1))
  expect(given[0]?.params).toMatchObject({ city: 'Odesa', street: 'Branch 7', fence: 7 })
  await comes(outcome)
  await waitFor(() => expect(screen.queryByTestId('place-field')).toBeNull())
  expect(given).toHaveLength(1)
})

it('the field of a drawer has the focus in the moment it is drawn, and takes what is typed before the lock is there', async () => {
  open()
  await comes(order)
  await screen.findByText('What you can do now')
  await pressKeys('{F6}Odesa')
  expect(field()).toHaveFocus()
  expect(field()).toHaveValue('Odesa')
  expect(screen.getByTestId('place-save')).toBeDisabled()
  await comes(lock)
  await waitFor(() => expect(screen.getByTestId('place-save')).toBeEnabled())
  expect(field()).toHaveValue('Odesa')
})

it('without the lock nothing is saved, what was typed stays, and no outcome is promised', async () => {
  lockRefused = { code: 'locks_unavailable', message: 'no Redis' }
  open()
  await comes(order)
  await screen.findByText('What you can do now')
  await pressKeys(`{F6}Odesa, Branch 7${SAVE}`)
  await comes(lock)
  await screen.findByTestId('editor-refused')
  expect(field()).toHaveValue('Odesa, Branch 7')
  expect(screen.getByTestId('place-outcome')).toHaveTextContent('It cannot be saved now')
  expect(screen.getByTestId('place-outcome')).toHaveTextContent('New')
  expect(heldCount.get()).toBe(0)
  expect(given).toEqual([])
  lockRefused = undefined
  await pressKeys('{F6}')
  await waitFor(() => expect(screen.getByTestId('place-save')).toBeEnabled())
  expect(field()).toHaveValue('Odesa, Branch 7')
})

it('a lock that goes while the place is being saved says nothing about the outcome before it is known', async () => {
  open()
  await comes(order)
  await comes(lock)
  await screen.findByText('What you can do now')
  await pressKeys(`{F6}Odesa, Branch 7${SAVE}`)
  await waitFor(() => expect(given).toHaveLength(1))
  const problem = { code: 'lock_lost', message: '' } as const
  await act(async () => take({ type: 'editor_lost', data: { ttn: TTN, problem } }, queries))
  expect(screen.queryByTestId('editor-lost')).toBeNull()
  changeRefused = problem
  await comes(outcome)
  expect(await screen.findByTestId('editor-lost')).toHaveTextContent('The place was not saved')
  expect(screen.getByTestId('place-outcome')).toHaveTextContent('Your place was not saved')
})

it('keys after a cancel that is being carried out wait for its outcome', async () => {
  open()
  await comes(order)
  await screen.findByText('What you can do now')
  await pressKeys(`{Delete}damp${SAVE}{Escape}`)
  await waitFor(() => expect(given).toHaveLength(1))
  expect(given[0]).toMatchObject({ method: 'orders.cancel', params: { reason: 'damp' } })
  expect(screen.queryByText('the list')).toBeNull()
  await comes(outcome)
  // Esc is about the page by then, not about the dialog that was still there when it was pressed.
  expect(await screen.findByText('the list')).toBeVisible()
})

it('keys after a refusal are not carried out, and a second Esc is the way out of waiting', async () => {
  open()
  await comes(order)
  await screen.findByText('What you can do now')
  await pressKeys(`{Delete}damp${SAVE}`)
  await waitFor(() => expect(given).toHaveLength(1))
  await pressKeys('{Escape}{Escape}')
  expect(screen.queryByRole('dialog')).toBeNull()
  expect(heldCount.get()).toBe(0)
  await pressKeys('{Delete}wet')
  changeRefused = { code: 'order_locked', message: '' }
  await pressKeys(SAVE)
  await waitFor(() => expect(given).toHaveLength(2))
  await pressKeys('{Escape}')
  await comes(outcome)
  await screen.findByRole('alert')
  expect(screen.getByRole('textbox')).toHaveValue('wet')
})
