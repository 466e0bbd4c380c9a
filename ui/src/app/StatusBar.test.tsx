import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { MemoryRouter, Route, Routes } from 'react-router'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { messagePlace } from '@/features/messages/view'
import { startTexts } from '@/i18n/i18n'
import { connection } from '@/lib/connection'
import { take } from '@/lib/live'
import { useLiveMessageCounts } from '@/lib/messageCounts'
import { prefer } from '@/lib/preferences'
import type { MessageCounts, Session } from '@/protocol/protocol'
import { StatusBar } from './StatusBar'

const calm: MessageCounts = {
  all: 9,
  waiting: 2,
  accepted: 1,
  delivered: 6,
  failed: 0,
  unknown: 0,
  problems: 0,
}
let counts: MessageCounts
let queries: QueryClient

function Bar() {
  useLiveMessageCounts()
  return <StatusBar onHelp={() => undefined} onWaiting={() => undefined} />
}

beforeEach(() => {
  counts = calm
  queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  })
  prefer({ language: 'en' })
  startTexts('en')
  connection.set((before) => ({
    ...before,
    known: true,
    link: { state: 'live', caught_up: 0 },
    session: { id: 's', name: 'Clerk 12', branch: { id: 'lviv-3', name: 'Lviv 3' }, station: '2' } as Session,
  }))
  mockIPC((_name, args) => {
    const { call } = args as { call: { method: string } }
    return call.method === 'messages.list'
      ? { rows: [{ message: { reason: 'gateway_unavailable' } }] }
      : { counts, sequence: 1, as_of: 0 }
  })
})

afterEach(() => {
  cleanup()
  clearMocks()
})

const open = () =>
  render(
    <QueryClientProvider client={queries}>
      <MemoryRouter initialEntries={['/orders']}>
        <Routes>
          <Route path="/orders" element={<Bar />} />
          <Route path="/messages" element={<p>messages</p>} />
        </Routes>
      </MemoryRouter>
    </QueryClientProvider>,
  )

it('says how many messages wait, and nothing of problems that are not there', async () => {
  open()
  await waitFor(() => expect(screen.getByText(/SMS waiting/)).toHaveTextContent('SMS waiting 2'))
  expect(screen.queryByTestId('sms-problems')).toBeNull()
  expect(screen.queryByTestId('sms-held-up')).toBeNull()
})

it('says since when messages are held up, once the oldest waits longer than a minute', async () => {
  counts = { ...calm, oldest_waiting_at: Date.now() - 55_000 }
  open()
  await screen.findByText(/SMS waiting/)
  expect(screen.queryByTestId('sms-held-up')).toBeNull()
  counts = { ...calm, waiting: 7, oldest_waiting_at: Date.now() - 65_000 }
  await act(() => queries.invalidateQueries())
  await waitFor(() =>
    expect(screen.getByTestId('sms-held-up')).toHaveTextContent(
      /^SMS held up since \d\d:\d\d, 7 waiting · the gateway does not answer/,
    ),
  )
})

it('counts the problems again when a message changes', async () => {
  open()
  await waitFor(() => expect(screen.getByText(/SMS waiting/)).toHaveTextContent('2'))
  counts = { ...calm, failed: 1, problems: 1 }
  act(() => {
    const change = { sequence: 2, event_id: 'e', ttn: '8123475609142831', kind: 'sms', at: 0 } as const
    const changes = [{ ...change, sms_before: 'queued', sms_after: 'failed' } as const]
    take({ type: 'changes', data: { changes } }, queries)
  })
  expect(await screen.findByTestId('sms-problems')).toHaveTextContent('1 SMS to settle')
})

it('leads to exactly the messages that it counts', async () => {
  counts = { ...calm, failed: 2, problems: 1 }
  messagePlace.store.set((before) => ({ ...before, view: { tab: 'all', search: 'Odesa' } }))
  open()
  fireEvent.click(await screen.findByTestId('sms-problems'))
  await screen.findByText('messages')
  expect(messagePlace.store.get().view).toEqual({ tab: 'problems', search: '' })
})
