import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startTexts } from '@/i18n/i18n'
import { connection } from '@/lib/connection'
import { heldCount } from '@/lib/heldKeys'
import { take } from '@/lib/live'
import { messages } from '@/lib/messages'
import { prefer } from '@/lib/preferences'
import type { Change, MessageRow, MessageView, Problem, Session } from '@/protocol/protocol'
import { pressKeys, signal } from '@/test-keys'
import { MessagesScreen } from './MessagesScreen'
import { useLiveMessages } from './useLiveMessages'
import { messagePlace } from './view'

const ttn = (number: number) => `7${String(number).padStart(15, '0')}`
const row = (number: number, more: Partial<MessageView> = {}): MessageRow => ({
  ttn: ttn(number),
  recipient_name: 'Marko',
  recipient_city: 'Odesa',
  message: {
    event_id: `m${number}`,
    notice: 'arrived',
    phone: `+3806700000${String(number).padStart(2, '0')}`,
    language: 'en',
    state: 'delivered',
    text: `Parcel ${number} has arrived`,
    attempts: 1,
    queued_at: 0,
    ...more,
  },
})

let server: MessageRow[] = []
let asked: { method: string; params: Record<string, unknown> }[] = []
let given: { method: string; params: Record<string, unknown> }[] = []
let refused: Problem | undefined
let badPhone = ''
/** The rules answer about a number when this has come. */
let looking: Promise<unknown> | undefined
let deleted = false
let queries: QueryClient

function Live() {
  useLiveMessages()
  return <MessagesScreen />
}

beforeEach(() => {
  // jsdom lays nothing out; the virtualiser needs a height to draw rows in.
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600)
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(900)
  Element.prototype.scrollTo = () => undefined
  server = [
    row(1, { state: 'unknown', reason: 'answer_lost' }),
    row(2, { state: 'failed', reason: 'expired', attempts: 3 }),
    row(3, { state: 'queued', attempts: 0 }),
    row(4),
  ]
  asked = []
  given = []
  refused = undefined
  badPhone = ''
  looking = undefined
  deleted = false
  queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  })
  messages.set(new Map())
  messagePlace.forget()
  prefer({ language: 'en' })
  startTexts('en')
  connection.set((before) => ({
    ...before,
    known: true,
    link: { state: 'live', caught_up: 0 },
    session: { id: 's', name: 'Clerk 12', branch: { id: 'lviv-3', name: 'Lviv 3' }, station: '2' } as Session,
  }))
  mockIPC(async (name, args) => {
    const { call, phone } = args as { call: (typeof asked)[number]; phone: string }
    if (name === 'check_phone') {
      await looking
      return phone === badPhone ? { field: 'phone', code: 'bad_phone', detail: { reason: 'landline' } } : null
    }
    if (name === 'new_command_id') return `c${given.length}`
    if (/^messages\.(resend|correct|mark)/.test(call.method)) {
      given.push(call)
      if (refused) throw refused
      return { row: row(8, { state: 'queued', attempts: 0 }) }
    }
    asked.push(call)
    if (call.method === 'messages.list') {
      const { tab } = call.params
      const rows = server.filter(({ message }) => tab === 'all' || message.state === tab)
      return { rows, sequence: 100, as_of: 0 }
    }
    if (call.method === 'messages.counts') {
      const counts = { all: 4, waiting: 1, accepted: 0, delivered: 1, failed: 1, unknown: 1, problems: 2 }
      return { counts, sequence: 100, as_of: 0 }
    }
    const found = server.find(({ message }) => message.event_id === call.params.event_id) ?? row(8)
    const { state, reason } = found.message
    return {
      row: found,
      attempts: [{ attempt: 1, at: 0, state, reason }],
      actions: [
        { action: 'resend', allowed: !deleted, refusal: deleted ? 'deleted' : undefined },
        { action: 'correct_number', allowed: !deleted, refusal: deleted ? 'deleted' : undefined },
        { action: 'mark_told', allowed: true },
      ],
      size: { encoding: 'gsm7', used: 20, limit: 160, segments: 1 },
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
  const shown = createMemoryRouter(
    [
      { path: '/messages', element: <Live /> },
      { path: '/orders/:ttn', element: <p>order page</p> },
    ],
    { initialEntries: ['/messages'] },
  )
  render(
    <MantineProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={shown} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  await screen.findByTestId('message-resend')
  return shown
}

const chosen = () => screen.getByRole('row', { selected: true }).id
const press = (code: string, more = {}) => fireEvent.keyDown(document.body, { code, ...more })
const resend = () => screen.getByTestId('message-resend')
const tell = (...rows: MessageRow[]) =>
  act(() => {
    const changes = rows.map(
      (message, at): Change => ({
        sequence: 101 + at,
        event_id: `e${at}`,
        ttn: message.ttn,
        kind: 'sms',
        at: 0,
        messages: [message],
      }),
    )
    take({ type: 'changes', data: { changes } }, queries)
  })

it('is walked through with the keyboard and opens the chosen order at its messages', async () => {
  const shown = await open()
  expect(chosen()).toBe('message-m1')
  press('ArrowDown')
  expect(chosen()).toBe('message-m2')
  press('Enter')
  await screen.findByText('order page')
  expect(shown.state.location.pathname + shown.state.location.search).toBe(`/orders/${ttn(2)}?tab=messages`)
})

it('says why, what that means for the customer, and shows the tabs with their counts', async () => {
  await open()
  press('ArrowDown')
  await screen.findByText('Its time ran out, 3 tries')
  expect(screen.getByText('The customer does not know that the parcel waits in Odesa.')).toBeVisible()
  expect(screen.getByRole('tab', { name: /Failed/ })).toHaveTextContent('1')
})

it('F9 right after the last digit waits until the number was looked at, and sends once', async () => {
  await open()
  press('ArrowDown')
  await waitFor(() => expect(resend()).toBeEnabled())
  const looked = signal()
  looking = looked.came
  const field = screen.getByTestId<HTMLInputElement>('message-phone')
  field.focus()
  field.select()
  await pressKeys('0670009999{F9}{F9}')
  expect(given).toEqual([])
  await act(async () => looked.come())
  await waitFor(() => expect(given).toHaveLength(1))
  expect(given[0]).toMatchObject({ method: 'messages.correct_number', params: { phone: '0670009999' } })
  await waitFor(() => expect(heldCount.get()).toBe(0))
  expect(given).toHaveLength(1)
})

it('sends a failed message again with F9, once for two presses', async () => {
  await open()
  press('ArrowDown')
  await waitFor(() => expect(resend()).toBeEnabled())
  press('F9')
  press('F9')
  await waitFor(() => expect(given).toHaveLength(1))
  expect(given[0]).toMatchObject({ method: 'messages.resend', params: { event_id: 'm2' } })
  await waitFor(() => expect(resend()).toBeEnabled())
  expect(given).toHaveLength(1)
})

it('asks before it sends an unknown message again, because it may arrive twice', async () => {
  await open()
  await waitFor(() => expect(resend()).toBeEnabled())
  press('F9')
  await screen.findByText(/gets the same text twice/)
  expect(given).toEqual([])
  press('Enter', { ctrlKey: true })
  await waitFor(() => expect(given).toHaveLength(1))
  expect(given[0]).toMatchObject({ method: 'messages.resend', params: { event_id: 'm1' } })
})

it('sends to another number after it was checked, and says what is wrong with one that gets no SMS', async () => {
  await open()
  press('ArrowDown')
  badPhone = '+380322000000'
  const field = screen.getByTestId('message-phone')
  fireEvent.change(field, { target: { value: badPhone } })
  await screen.findByText(/This is a landline/)
  expect(resend()).toBeDisabled()
  fireEvent.change(field, { target: { value: '067 111 22 33' } })
  await waitFor(() => expect(resend()).toBeEnabled())
  expect(resend()).toHaveTextContent('Send to the new number')
  fireEvent.click(resend())
  await waitFor(() => expect(given).toHaveLength(1))
  expect(given[0]).toMatchObject({
    method: 'messages.correct_number',
    params: { event_id: 'm2', phone: '067 111 22 33' },
  })
})

it('keeps refused acts in sight with their reason', async () => {
  await open()
  press('ArrowDown')
  press('ArrowDown')
  await screen.findByText('It waits already and goes out by itself.')
  expect(resend()).toBeDisabled()
  press('F9')
  press('ArrowDown')
  await screen.findByText('It arrived.')
  expect(given).toEqual([])
})

it('says why the server allows no sending, while telling by phone is still possible', async () => {
  deleted = true
  await open()
  press('ArrowDown')
  await screen.findByText('The parcel was deleted')
  expect(resend()).toBeDisabled()
  expect(screen.getByTestId('message-told')).toBeEnabled()
  press('F9')
  expect(given).toEqual([])
})

it('shows the refusal of the server and stays', async () => {
  refused = { code: 'forbidden', message: '' }
  await open()
  press('ArrowDown')
  await waitFor(() => expect(resend()).toBeEnabled())
  press('F9')
  expect(await screen.findByTestId('message-problem')).toHaveTextContent('your role does not allow this')
})

it('marks a message as told after a question', async () => {
  await open()
  press('ArrowDown')
  fireEvent.click(screen.getByTestId('message-told'))
  await screen.findByText('Was the customer told?')
  press('Enter', { ctrlKey: true })
  await waitFor(() => expect(given).toHaveLength(1))
  expect(given[0]).toMatchObject({ method: 'messages.mark_told', params: { event_id: 'm2' } })
  tell(row(2, { state: 'failed', reason: 'expired', attempts: 3, told_at: 5 }))
  await screen.findByText('The customer knows already.')
})

it('changes a row where it stands, and lets new messages wait until Home', async () => {
  await open()
  press('ArrowDown')
  press('ArrowDown')
  tell(row(3, { state: 'delivered', accepted_at: 1000, finished_at: 5000 }), row(9, { state: 'queued' }))
  const line = document.getElementById('message-m3')
  expect(line).toHaveTextContent('Delivered')
  expect(line).toHaveTextContent('Report after 4 s')
  expect(line).toHaveAttribute('aria-rowindex', '4')
  expect(line?.querySelectorAll('[data-tinted]')).toHaveLength(3)
  expect(chosen()).toBe('message-m3')
  await screen.findByText('1 new')
  server = [row(9, { state: 'queued' }), ...server]
  press('Home')
  await waitFor(() => expect(chosen()).toBe('message-m9'))
  expect(screen.queryByText('1 new')).toBeNull()
})

it('names the next key when a tab is empty', async () => {
  await open()
  server = server.filter(({ message }) => message.state !== 'unknown')
  fireEvent.click(screen.getByRole('tab', { name: /Unknown/ }))
  await screen.findByText('The outcome of every message is known.')
  press('Home')
  await screen.findByTestId('message-resend')
  expect(asked.at(-1)).toBeDefined()
})
