import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import { createMemoryRouter, RouterProvider, useLocation } from 'react-router'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startTexts } from '@/i18n/i18n'
import { connection } from '@/lib/connection'
import { prefer } from '@/lib/preferences'
import { rows } from '@/lib/rows'
import type { ListOrders, OrderRow, Session } from '@/protocol/protocol'
import { pressKeys, signal } from '@/test-keys'
import { OrdersScreen } from './OrdersScreen'
import { forgetPlace, orderPlace } from './view'

const ttn = (number: number) => `7${String(number).padStart(15, '0')}`
const row = (number: number): OrderRow => ({
  ttn: ttn(number),
  status: 'new',
  description: `Parcel ${number}`,
  location: { city: 'Lviv', street: 'Branch 3' },
  recipient_city: 'Odesa',
  branch: 'lviv-3',
  registered_at: 0,
  updated_at: 0,
  version: 1,
})

/** What a search finds; without one there are ten. */
let found: OrderRow[]
let asked: ListOrders[]
/** A search is answered when this has come. */
let answer: ReturnType<typeof signal>

beforeEach(() => {
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600)
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(900)
  Element.prototype.scrollTo = () => undefined
  rows.set(new Map())
  forgetPlace()
  prefer({ language: 'en' })
  startTexts('en')
  connection.set((before) => ({
    ...before,
    known: true,
    link: { state: 'live', caught_up: 0 },
    session: { id: 's', branch: { id: 'lviv-3', name: 'Lviv 3' }, station: '2' } as Session,
  }))
  asked = []
  answer = signal()
  found = [row(5)]
  mockIPC(async (_, args) => {
    const { call } = args as { call: { method: string; params: ListOrders } }
    if (call.method !== 'orders.list') throw { code: 'not_found', message: 'none' }
    asked.push(call.params)
    if (call.params.search) await answer.came
    const shown = call.params.search ? found : Array.from({ length: 10 }, (_, number) => row(number))
    return { rows: shown, sequence: 100 }
  })
})

afterEach(async () => {
  cleanup()
  await new Promise((done) => setTimeout(done, 0))
  clearMocks()
  vi.restoreAllMocks()
})

/** Where the keys led to. */
const Opened = () => {
  const { pathname, search } = useLocation()
  return <output>{pathname + search}</output>
}

async function open() {
  const router = createMemoryRouter(
    [
      { path: '/orders', element: <OrdersScreen /> },
      { path: '/orders/:ttn', element: <Opened /> },
    ],
    { initialEntries: ['/orders'] },
  )
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  })
  render(
    <MantineProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} useTransitions={false} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  await screen.findByText('Parcel 0')
}

const opened = () => document.querySelector('output')?.textContent ?? ''
const answered = () => act(async () => answer.come())
const searchFor = (text: string) => waitFor(() => expect(asked.at(-1)?.search).toBe(text))

it('types into the search from the very next key', async () => {
  await open()
  await pressKeys('{F3}{F3}Kov')
  expect(screen.getByTestId('search')).toHaveValue('Kov')
})

it('Enter right after the search waits for its answer and opens what was found', async () => {
  await open()
  await pressKeys('{F3}Kov{Enter}{Enter}')
  await searchFor('Kov')
  await answered()
  expect(await screen.findByText(`/orders/${ttn(5)}`)).toBeVisible()
})

it.each([
  ['{Enter}', ''],
  ['{F6}', '?do=place'],
])('%s between the search and its answer opens no order of the list before', async (key, then) => {
  await open()
  await pressKeys('{F3}Kov')
  await searchFor('Kov')
  await pressKeys(key)
  expect(opened()).toBe('')
  await answered()
  expect(await screen.findByText(`/orders/${ttn(5)}${then}`)).toBeVisible()
})

it('among several it opens nothing, says so, and leaves out what was pressed after it', async () => {
  found = [row(5), row(6)]
  await open()
  await pressKeys('{F3}Kov{Enter}xyz')
  await answered()
  await waitFor(() => expect(screen.getByTestId('search-several')).toHaveTextContent('Several were found'))
  expect(opened()).not.toContain('/orders/')
  expect(screen.getByTestId('search')).toHaveValue('Kov')
  await pressKeys('{Enter}')
  expect(await screen.findByText(`/orders/${ttn(5)}`)).toBeVisible()
})

it('arrow keys pressed ahead choose among what is found', async () => {
  found = [row(5), row(6), row(7)]
  await open()
  await pressKeys('{F3}Kov{ArrowDown}{ArrowDown}{Enter}')
  await answered()
  expect(await screen.findByText(`/orders/${ttn(7)}`)).toBeVisible()
})

it('Esc pressed twice forgets what waits', async () => {
  await open()
  await pressKeys('{F3}Kov{Enter}{Escape}{Escape}')
  await answered()
  await screen.findByText('Parcel 0')
  expect(screen.getByTestId('search')).toHaveValue('')
  expect(opened()).toBe('')
})

it('what is found is begun with at its first row, whatever was chosen before', async () => {
  found = [row(5), row(3)]
  await open()
  await pressKeys('{ArrowDown}{ArrowDown}{ArrowDown}')
  expect(orderPlace.store.get().selected).toBe(ttn(3))
  await pressKeys('{F3}Kov')
  await searchFor('Kov')
  await answered()
  await waitFor(() => expect(screen.queryByText('Parcel 0')).toBeNull())
  await pressKeys('{Enter}')
  expect(await screen.findByText(`/orders/${ttn(5)}`)).toBeVisible()
})
