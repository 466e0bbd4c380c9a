import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startTexts } from '@/i18n/i18n'
import { connection } from '@/lib/connection'
import { take } from '@/lib/live'
import { prefer } from '@/lib/preferences'
import { rows } from '@/lib/rows'
import type { Change, ListOrders, OrderRow, Problem, Session, SetPlaces } from '@/protocol/protocol'
import { OrdersScreen } from './OrdersScreen'
import { useLiveLists } from './useLiveLists'
import { changeView, forgetPlace, orderPlace } from './view'

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

let server: OrderRow[] = []
let asked: ListOrders[] = []
let given: SetPlaces[] = []
let refusals: Map<string, Problem>
/** Told as soon as a page was read, before it arrives. */
let told: Change[] = []
/** What the server says to a page; nothing: it gives it. */
let failing: Problem | undefined
let queries: QueryClient

function Live() {
  useLiveLists()
  return <OrdersScreen />
}

const router = () =>
  createMemoryRouter(
    [
      { path: '/orders', element: <Live /> },
      { path: '/orders/:ttn', element: <p>order page</p> },
    ],
    { initialEntries: ['/orders'] },
  )

beforeEach(() => {
  // jsdom lays nothing out; the virtualiser needs a height to draw rows in.
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600)
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(900)
  Element.prototype.scrollTo = () => undefined
  server = Array.from({ length: 150 }, (_, index) => row(index))
  asked = []
  queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  })
  rows.set(new Map())
  forgetPlace()
  prefer({ language: 'en' })
  startTexts('en')
  connection.set((before) => ({
    ...before,
    known: true,
    link: { state: 'live', caught_up: 0 },
    session: {
      id: 's',
      name: 'Clerk 12',
      branch: { id: 'lviv-3', name: 'Lviv 3', location: { city: 'Lviv', street: 'Horodotska, 120' } },
      station: '2',
    } as Session,
  }))
  given = []
  told = []
  failing = undefined
  refusals = new Map()
  mockIPC((name, args) => {
    if (name === 'new_command_id') return `id-${given.length}`
    if (name === 'submit') {
      const { params } = (args as { call: { params: SetPlaces } }).call
      given.push(params)
      return { problem: refusals.get(params.items[0]?.ttn ?? '') }
    }
    const { call } = args as { call: { method: string; params: ListOrders } }
    if (call.method !== 'orders.list') throw { code: 'not_found', message: 'none' }
    if (failing) throw failing
    asked.push(call.params)
    const from = Number(call.params.after ?? 0)
    const to = from + call.params.limit
    if (told.length > 0) tell(told.splice(0))
    return {
      rows: server.slice(from, to),
      next: to < server.length ? String(to) : undefined,
      counts:
        from === 0
          ? {
              all: server.length,
              new: server.length,
              delivering: 0,
              delivered: 0,
              completed: 0,
              canceled: 0,
              problem: 0,
              sms_waiting: 0,
            }
          : undefined,
      older:
        call.params.search && !call.params.before
          ? { before: 77, since: Date.UTC(2026, 2, 12, 9) }
          : undefined,
      sequence: 100,
    }
  })
})

afterEach(async () => {
  cleanup()
  await new Promise((done) => setTimeout(done, 0))
  clearMocks()
  vi.restoreAllMocks()
})

async function open() {
  const shown = router()
  render(
    <MantineProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={shown} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  await screen.findByText('Parcel 0')
  return shown
}

const chosen = () => screen.getByRole('row', { selected: true }).id
const press = (code: string, more = {}) => fireEvent.keyDown(document.body, { code, ...more })
const tell = (changes: Change[]) => act(() => take({ type: 'changes', data: { changes } }, queries))
const registered = (number: number, sequence: number): Change => ({
  sequence,
  event_id: `e${sequence}`,
  ttn: ttn(number),
  kind: 'registered',
  at: 0,
  status_after: 'new',
  row: row(number),
})

it('is walked through with the keyboard and opens the chosen order', async () => {
  const shown = await open()
  expect(chosen()).toBe(`row-${ttn(0)}`)
  press('ArrowDown')
  press('ArrowDown')
  press('ArrowUp')
  expect(chosen()).toBe(`row-${ttn(1)}`)
  press('ArrowUp')
  press('ArrowUp')
  expect(chosen()).toBe(`row-${ttn(0)}`)
  press('F6')
  await screen.findByText('order page')
  expect(shown.state.location.pathname + shown.state.location.search).toBe(`/orders/${ttn(0)}?do=place`)
})

it('names the next keys where the list could not be loaded, and tries again on Enter', async () => {
  failing = { code: 'storage_unavailable', message: 'no store' }
  render(
    <MantineProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router()} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  expect(await screen.findByTestId('empty')).toHaveTextContent('try again')
  failing = undefined
  press('Enter')
  await screen.findByText('Parcel 0')
})

it('keeps rows and choice in place while orders come in, and shows them on Home', async () => {
  await open()
  press('ArrowDown')
  server = [row(900), row(901), ...server]
  tell([registered(900, 101), registered(901, 102)])
  await screen.findByText('2 new')
  expect(screen.getByRole('tab', { name: /All/ })).toHaveTextContent('152')
  expect(screen.queryByText('Parcel 900')).toBeNull()
  expect(chosen()).toBe(`row-${ttn(1)}`)
  press('Home')
  await screen.findByText('Parcel 900')
  expect(chosen()).toBe(`row-${ttn(900)}`)
  expect(screen.queryByText('2 new')).toBeNull()
})

it('shows what is told while a page is on its way that was read before', async () => {
  await open()
  tell([registered(900, 101)])
  await screen.findByText('1 new')
  server = [row(900), ...server]
  told = [registered(901, 102)]
  press('Home')
  await screen.findByText('Parcel 900')
  await screen.findByText('1 new')
  server = [row(901), ...server]
  press('Home')
  await screen.findByText('Parcel 901')
})

it('shows what is told before the very first page is there', async () => {
  told = [registered(900, 101)]
  await open()
  await screen.findByText('1 new')
})

it('changes a row where it stands', async () => {
  await open()
  const moved = {
    ...row(1),
    status: 'delivering' as const,
    location: { city: 'Rivne', street: '' },
    version: 2,
  }
  tell([
    { ...registered(1, 101), kind: 'moved', status_before: 'new', row: moved, status_after: 'delivering' },
  ])
  const changed = document.getElementById(`row-${ttn(1)}`)
  expect(changed).toHaveTextContent('Rivne')
  expect(changed).toHaveAttribute('aria-rowindex', '3')
  expect(changed?.querySelectorAll('[data-tinted]')).toHaveLength(2)
})

it('asks the server for another order of rows, and says so to a reader', async () => {
  await open()
  fireEvent.click(screen.getByRole('button', { name: /^Description/ }))
  await waitFor(() => expect(asked.at(-1)).toMatchObject({ sort: 'description', direction: 'ascending' }))
  expect(screen.getByRole('columnheader', { name: /^Description/ })).toHaveAttribute('aria-sort', 'ascending')
  fireEvent.click(screen.getByRole('button', { name: /^Description/ }))
  await waitFor(() => expect(asked.at(-1)).toMatchObject({ sort: 'description', direction: 'descending' }))
})

it('loads the next page while the last rows come into reach', async () => {
  await open()
  for (let at = 0; at < 100; at += 1) press('ArrowDown')
  await waitFor(() => expect(asked.some((params) => params.after === '100')).toBe(true))
  await waitFor(() => expect(screen.getByRole('grid')).toHaveAttribute('aria-rowcount', '151'))
})

it('opens a scanned TTN at once, in whatever spacing', async () => {
  const shown = await open()
  const field = screen.getByRole('textbox')
  fireEvent.change(field, { target: { value: '8123 4756 0914 2831' } })
  fireEvent.keyDown(field, { code: 'Enter' })
  await screen.findByText('order page')
  expect(shown.state.location.pathname).toBe('/orders/8123475609142831')
})

it('names the next keys when a search finds nothing, and Esc takes the search away', async () => {
  await open()
  const all = server
  server = []
  act(() => orderPlace.store.set((before) => ({ ...before, view: { ...before.view, search: 'Ужгород' } })))
  await screen.findByText('Nothing found')
  server = all
  press('Escape')
  await screen.findByText('Parcel 0')
})

const marked = () => screen.getAllByRole('row', { selected: true }).map(({ id }) => id)
const ids = (...numbers: number[]) => numbers.map((number) => `row-${ttn(number)}`)
const LOCKED: Problem = {
  code: 'order_locked',
  message: '',
  holder: { session: 's7', name: 'Clerk 7', station: '3', since: 0, purpose: 'edit_place' },
} as Problem

it('says how far back a search looked, and searches further back and among the newest again', async () => {
  await open()
  expect(screen.queryByTestId('reach')).toBeNull()
  press('ArrowDown', { altKey: true })
  act(() => changeView({ search: 'Parcel' }))
  await screen.findByText(/registered since 12.03.2026, 11:00. Older ones may fit too/)
  expect(asked.at(-1)).not.toHaveProperty('before')
  press('ArrowDown', { altKey: true })
  await screen.findByText(/registered until 12.03.2026, 11:00. There are no older ones/)
  expect(asked.at(-1)).toMatchObject({ search: 'Parcel', before: 77 })
  press('ArrowDown', { altKey: true })
  fireEvent.click(screen.getByRole('tab', { name: /New/ }))
  await waitFor(() => expect(asked.at(-1)).toMatchObject({ tab: 'new', before: 77 }))
  press('ArrowUp', { altKey: true })
  await screen.findByText(/registered since/)
  fireEvent.click(screen.getByRole('button', { name: /Search further back/ }))
  await screen.findByText(/There are no older ones/)
  press('Escape')
  await screen.findByText(/registered since/)
  expect(orderPlace.store.get().view.search).toBe('Parcel')
  press('Escape')
  await waitFor(() => expect(screen.queryByTestId('reach')).toBeNull())
})

it('begins with the newest when something else is searched for', async () => {
  await open()
  act(() => changeView({ search: 'Parcel' }))
  await screen.findByText(/registered since/)
  press('ArrowDown', { altKey: true })
  await screen.findByText(/There are no older ones/)
  act(() => changeView({ search: 'Parcel 1' }))
  await screen.findByText(/registered since/)
  expect(asked.at(-1)).not.toHaveProperty('before')
})

it('searches further back where nothing was found among the newest', async () => {
  await open()
  const all = server
  server = []
  act(() => changeView({ search: 'Ужгород' }))
  await screen.findByText('Nothing found')
  server = all
  press('ArrowDown', { altKey: true })
  await screen.findByText('Parcel 0')
  expect(asked.at(-1)).toMatchObject({ before: 77 })
})

it('marks several orders with the keyboard and the pointer, until Esc or another view', async () => {
  await open()
  press('Space')
  press('ArrowDown')
  press('ArrowDown')
  press('ArrowDown', { shiftKey: true })
  expect(marked()).toEqual(ids(0, 2, 3))
  expect(screen.getByTestId('marked')).toHaveTextContent('3 parcels chosen')
  press('Space')
  expect(marked()).toEqual(ids(0, 2))
  fireEvent.click(screen.getByText('Parcel 5'), { ctrlKey: true })
  expect(marked()).toEqual(ids(0, 2, 5))
  fireEvent.click(screen.getByText('Parcel 7'), { shiftKey: true })
  expect(marked()).toEqual(ids(0, 2, 5, 6, 7))
  press('Escape')
  expect(screen.queryByTestId('marked')).toBeNull()
  expect(marked()).toEqual(ids(7))
  press('Space')
  fireEvent.click(screen.getByRole('tab', { name: /New/ }))
  await waitFor(() => expect(screen.queryByTestId('marked')).toBeNull())
})

it('cancels nothing by accident while orders are marked', async () => {
  const shown = await open()
  press('Space')
  press('Delete')
  expect(shown.state.location.pathname).toBe('/orders')
})

it('gives the marked orders one place, says in words what was refused, and tries only that again', async () => {
  refusals.set(ttn(1), LOCKED)
  await open()
  press('Space')
  press('ArrowDown', { shiftKey: true })
  press('ArrowDown', { shiftKey: true })
  press('F6')
  const field = await screen.findByTestId('place-field')
  fireEvent.change(field, { target: { value: 'Rivne, Sorting centre' } })
  press('Enter', { ctrlKey: true })
  await waitFor(() =>
    expect(screen.getByTestId('places-summary')).toHaveTextContent('2 of 3 saved · 1 refused'),
  )
  expect(given.map(({ items, city, street }) => [items.length, items[0]?.ttn, city, street])).toEqual(
    [0, 1, 2].map((number) => [1, ttn(number), 'Rivne', 'Sorting centre']),
  )
  expect(screen.getAllByTestId('places-fate')[0]).toHaveTextContent(/Clerk 7.*Station 3/)
  expect(marked()).toEqual(ids(1))
  refusals.clear()
  press('Enter', { ctrlKey: true })
  await waitFor(() => expect(screen.queryByTestId('places-save')).toBeNull())
  expect(given.slice(3).map(({ items }) => items[0]?.ttn)).toEqual([ttn(1)])
  expect(screen.queryByTestId('marked')).toBeNull()
})

it('asks for a better place when it cannot be read, before any order is tried but the first', async () => {
  const unreadable = {
    code: 'invalid_fields',
    message: '',
    fields: [{ field: 'street', code: 'empty', detail: {} }],
  }
  refusals.set(ttn(0), unreadable as Problem)
  await open()
  press('KeyA', { ctrlKey: true })
  press('F6')
  fireEvent.change(await screen.findByTestId('place-field'), { target: { value: 'Rivne' } })
  press('Enter', { ctrlKey: true })
  await waitFor(() => expect(screen.getByTestId('place-field')).toHaveAttribute('aria-invalid', 'true'))
  expect(given).toHaveLength(1)
  expect(marked().length).toBeGreaterThan(2)
})
