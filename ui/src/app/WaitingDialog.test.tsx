import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { createMemoryRouter, MemoryRouter, RouterProvider } from 'react-router'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTexts } from '@/i18n/i18n'
import { connection } from '@/lib/connection'
import { take } from '@/lib/live'
import { prefer } from '@/lib/preferences'
import type { OrderDraft, PendingCommand, Session } from '@/protocol/protocol'
import { DiskTroubleBanner } from './DiskTroubleBanner'
import { StatusBar } from './StatusBar'
import { WaitingDialog } from './WaitingDialog'

const order: OrderDraft = {
  sender: { phone: '+380670001241', name: 'Oksana Koval', city: 'Lviv', street: 'Horodotska, 120' },
  recipient: { phone: '+380930005508', name: 'Marko Diachuk', city: 'Odesa', street: 'Branch 12' },
  description: 'Ceramics',
  payer: 'sender',
  language: 'uk',
  cargo: [{ length_mm: 300, width_mm: 200, height_mm: 150, weight_g: 1850, declared_minor: 100_000 }],
}
const complete = { method: 'orders.complete', ttn: '8123475609142831', since: 0 }
const create = { method: 'orders.create', order, since: 0 }
const commands: PendingCommand[] = [
  { ...complete, command_id: 'unsent', progress: { is: 'unsent' } },
  { ...create, command_id: 'sent', progress: { is: 'sent' } },
  { ...complete, command_id: 'accepted', progress: { is: 'accepted' } },
  { ...complete, command_id: 'done', progress: { is: 'done' } },
  {
    ...create,
    command_id: 'refused',
    progress: { is: 'refused', problem: { code: 'id_reused', message: 'other content' } },
  },
]
let calls: [string, unknown][] = []
let queries: QueryClient

beforeEach(() => {
  calls = []
  queries = new QueryClient()
  prefer({ language: 'en' })
  startTexts('en')
  connection.set((before) => ({
    ...before,
    known: true,
    link: { state: 'live', caught_up: 0 },
    trouble: undefined,
    session: { id: 's', name: 'Clerk 12', branch: { id: 'lviv-3', name: 'Lviv 3' }, station: '2' } as Session,
  }))
  mockIPC((name, args) => {
    calls.push([name, (args as { commandId: string }).commandId])
    return null
  })
  take({ type: 'pending', data: commands }, queries)
})

afterEach(() => {
  cleanup()
  clearMocks()
})

function open() {
  const routes = [
    { path: '/orders', element: <WaitingDialog onClose={() => undefined} /> },
    { path: '/register', element: <p>the form</p> },
  ]
  const router = createMemoryRouter(routes, { initialEntries: ['/orders'] })
  render(
    <MantineProvider>
      <RouterProvider router={router} />
    </MantineProvider>,
  )
  return router
}

const shown = (is: string) =>
  within(
    screen
      .getAllByTestId('waiting-command')
      .find((command) => command.dataset.progress === is) as HTMLElement,
  )

it('says of each command how far it is, and lets only be discarded what never left', () => {
  open()
  expect(shown('unsent').getByText('Waits for the server')).toBeInTheDocument()
  expect(shown('sent').getByText(/Sent, no answer yet/)).toBeInTheDocument()
  expect(shown('sent').getByText(/Marko Diachuk, Odesa/)).toBeInTheDocument()
  expect(shown('accepted').getByText(/carrying it out/)).toBeInTheDocument()
  expect(shown('refused').getByText(/^Not saved/)).toBeInTheDocument()
  expect(screen.getAllByTestId('waiting-withdraw')).toHaveLength(1)
  fireEvent.click(screen.getByTestId('waiting-withdraw'))
  expect(calls).toEqual([['withdraw', 'unsent']])
})

it('forgets what was seen', () => {
  open()
  fireEvent.click(screen.getByTestId('waiting-dismiss-all'))
  expect(calls).toEqual([
    ['dismiss', 'done'],
    ['dismiss', 'refused'],
  ])
})

it('brings a refused registration back into the form', async () => {
  const router = open()
  fireEvent.click(shown('refused').getByTestId('waiting-edit'))
  await screen.findByText('the form')
  expect(router.state.location.state).toEqual({ commandId: 'refused', order })
  expect(calls).toEqual([['dismiss', 'refused']])
})

it('counts in the status bar what waits and what was refused', () => {
  render(<StatusBar onHelp={() => undefined} onWaiting={() => undefined} />, {
    wrapper: ({ children }) => (
      <MantineProvider>
        <MemoryRouter>
          <QueryClientProvider client={queries}>{children}</QueryClientProvider>
        </MemoryRouter>
      </MantineProvider>
    ),
  })
  expect(screen.getByTestId('bar-waiting')).toHaveTextContent('3 changes waiting')
  expect(screen.getByTestId('bar-ended')).toHaveTextContent('1 change refused')
  act(() => take({ type: 'pending', data: commands.slice(3, 4) }, queries))
  expect(screen.queryByTestId('bar-waiting')).toBeNull()
  expect(screen.getByTestId('bar-ended')).toHaveTextContent('1 change was done')
})

it('says plainly what is wrong with the files of this computer', () => {
  render(<DiskTroubleBanner />, { wrapper: MantineProvider })
  act(() => take({ type: 'trouble', data: { is: 'set_aside', files: 2, folder: '/data/damaged' } }, queries))
  expect(screen.getByRole('alert')).toHaveTextContent(
    /2 changes that waited could not be read.*\/data\/damaged/,
  )
  fireEvent.click(screen.getByTestId('disk-seen'))
  expect(screen.queryByRole('alert')).toBeNull()
  act(() => take({ type: 'trouble', data: { is: 'not_kept' } }, queries))
  expect(screen.getByRole('alert')).toHaveTextContent(/This computer keeps nothing/)
  act(() => take({ type: 'trouble', data: null }, queries))
  expect(screen.queryByRole('alert')).toBeNull()
})
