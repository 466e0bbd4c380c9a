import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTexts } from '@/i18n/i18n'
import { connection } from '@/lib/connection'
import { drafts } from '@/lib/drafts'
import { phone } from '@/lib/format'
import { prefer } from '@/lib/preferences'
import type { CreateOrder, FieldRefusal, OrderDraft, Problem, Session } from '@/protocol/protocol'
import { pressKeys, signal } from '@/test-keys'
import { draftOf, emptyDraft, emptyRow, keepDraft, keptDraft, orderOf } from './draft'
import { RegisterScreen } from './RegisterScreen'

const refusal = (field: string): FieldRefusal => ({ field, code: 'empty', detail: {} })
let ids = 0
let creates: CreateOrder[] = []
/** What the server says to the next try; nothing: it saves. */
let answers: (Problem | undefined)[] = []
/** The server answers when this has come. */
let saving: Promise<unknown> | undefined
/** The rules answer when this has come. */
let ruling: Promise<unknown> | undefined

function saved({ order }: CreateOrder) {
  const party = ({ phone, name, city, street }: OrderDraft['sender']) => ({
    phone,
    name,
    location: { city, street },
  })
  return {
    event_id: 'e1',
    order: {
      ttn: '1982048508556065',
      status: 'new',
      sender: party(order.sender),
      recipient: party(order.recipient),
      description: order.description,
      payer: order.payer,
      language: order.language,
      cargo: order.cargo.map((item, position) => ({ number: position + 1, ...item })),
      price: {
        tariff_version: '2026-10',
        base_minor: 5500,
        weight_minor: 0,
        declared_minor: 0,
        total_minor: 5500,
        chargeable_g: 1850,
      },
      origin: party(order.sender).location,
      location: party(order.sender).location,
      branch: 'lviv-3',
      registered_by: 'e-12',
      registered_at: 0,
      updated_at: 0,
      version: 1,
    },
  }
}

async function request(method: string, params: unknown) {
  if (method === 'orders.recent') return { rows: [] }
  if (method !== 'orders.create') throw { code: 'not_found', message: 'none' }
  const create = params as CreateOrder
  creates.push(create)
  await saving
  const problem = answers.shift()
  if (problem) throw problem
  return saved(create)
}

beforeEach(() => {
  ids = 0
  creates = []
  answers = []
  saving = undefined
  ruling = undefined
  drafts.set(undefined)
  prefer({ language: 'en' })
  startTexts('en')
  connection.set((before) => ({
    ...before,
    known: true,
    pending: [],
    ended: [],
    link: { state: 'live', caught_up: 0 },
    session: {
      id: 's',
      branch: { id: 'lviv-3', name: 'Lviv 3', location: { city: 'Lviv', street: 'Branch 3' } },
      tariff: {
        version: '2026-10',
        base_minor: 5500,
        per_kg_minor: 1800,
        declared_basis_points: 50,
        volume_divisor: 4000,
      },
    } as Session,
  }))
  // The rules are Rust; here a field is refused when it is empty.
  mockIPC(async (name, args) => {
    if (name.startsWith('check_')) await ruling
    const { order, call } = args as { order: OrderDraft; call: { method: string; params: unknown } }
    switch (name) {
      case 'check_parties':
        return (['sender', 'recipient'] as const)
          .flatMap((side) =>
            (['phone', 'name', 'city', 'street'] as const)
              .filter((part) => !order[side][part])
              .map((part) => refusal(`${side}.${part}`)),
          )
          .concat(order.description ? [] : [refusal('description')])
      case 'check_cargo':
        return order.cargo.flatMap((item, position) =>
          (['length_mm', 'width_mm', 'height_mm', 'weight_g', 'declared_minor'] as const)
            .filter((part) => item[part] === null || Number.isNaN(item[part]))
            .map((part) => refusal(`cargo[${position}].${part}`)),
        )
      case 'quote':
        return {
          price: {
            tariff_version: '2026-10',
            base_minor: 5500,
            weight_minor: 4050,
            declared_minor: 0,
            total_minor: 9550,
            chargeable_g: 2250,
          },
          chargeable_g: [2250],
        }
      case 'preview_sms':
        return { notice: 'accepted', text: 'Parcel ••••', used: 11, limit: 160, segments: 1 }
      case 'new_command_id':
        ids += 1
        return `command-${ids}`
      case 'keep_draft':
        return null
      case 'request':
        return request(call.method, call.params)
    }
  })
})

afterEach(() => {
  cleanup()
  clearMocks()
})

function open() {
  const routes = [
    { path: '/register', element: <RegisterScreen /> },
    { path: '/orders', element: <p>the list</p> },
  ]
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <RouterProvider router={createMemoryRouter(routes, { initialEntries: ['/register'] })} />
      </QueryClientProvider>
    </MantineProvider>,
  )
}

const type = (id: string, text: string) =>
  fireEvent.change(screen.getByTestId(id), { target: { value: text } })
const ctrlEnter = () => fireEvent.keyDown(document.body, { code: 'Enter', key: 'Enter', ctrlKey: true })
const pressEscape = () => fireEvent.keyDown(document.body, { code: 'Escape', key: 'Escape' })

function typeParties() {
  for (const side of ['sender', 'recipient']) {
    for (const part of ['phone', 'name', 'city', 'street']) type(`${side}.${part}`, `${side} ${part}`)
  }
  type('description', 'Ceramics')
}

async function toConfirmation() {
  typeParties()
  ctrlEnter()
  await screen.findByTestId('cargo[0].length_mm')
  fireEvent.keyDown(document.body, { code: 'Digit4', key: '4', altKey: true })
  type('cargo[0].weight_g', '1850')
  ctrlEnter()
  await screen.findByTestId('register-save')
}

it('lets no step be skipped and says what is left to fix', async () => {
  open()
  type('sender.phone', '0670001241')
  ctrlEnter()
  await screen.findByText(/Left to fix: name, address, phone, city, contents/)
  await waitFor(() => expect(screen.getByTestId('sender.name')).toHaveFocus())
  expect(screen.queryByTestId('cargo[0].length_mm')).not.toBeInTheDocument()
})

it('keys after Ctrl+Enter are for the next step, and for the next parcel', async () => {
  const save = '{Control>}{Enter}{/Control}'
  open()
  typeParties()
  const rules = signal()
  ruling = rules.came
  await pressKeys(`${save}300{Tab}200{Tab}150{Tab}1850${save}`)
  expect(screen.getByTestId('description')).toHaveValue('Ceramics')
  await act(async () => rules.come())
  await screen.findByTestId('register-save')
  const answer = signal()
  saving = answer.came
  await pressKeys(`${save}{Enter}0670001241{Tab}`)
  await waitFor(() => expect(creates).toHaveLength(1))
  expect(creates[0]?.order.cargo).toEqual([
    { length_mm: 300, width_mm: 200, height_mm: 150, weight_g: 1850, declared_minor: 0 },
  ])
  await act(async () => answer.come())
  await waitFor(() => expect(screen.getByTestId('sender.phone')).toHaveValue(phone('+380670001241')))
  expect(screen.getByTestId('sender.name')).toHaveFocus()
  expect(creates).toHaveLength(1)
})

it('tells about a field once it was left, not before', async () => {
  open()
  await screen.findByText('1 of 4 ready')
  expect(screen.queryByText('Fill this in')).not.toBeInTheDocument()
  fireEvent.blur(screen.getByTestId('recipient.name'))
  expect(await screen.findAllByText('Fill this in')).toHaveLength(1)
})

it('registers a parcel by keys alone and shows its number', async () => {
  open()
  await toConfirmation()
  ctrlEnter()
  const shown = await screen.findByTestId('registered-ttn')
  expect(shown).toHaveAttribute('data-ttn', '1982048508556065')
  expect(creates[0]?.order.cargo).toEqual([
    { length_mm: 300, width_mm: 200, height_mm: 150, weight_g: 1850, declared_minor: 0 },
  ])
  expect(keptDraft()).toBeUndefined()
})

it('registers one parcel however often and fast the keys are pressed', async () => {
  open()
  await toConfirmation()
  ctrlEnter()
  ctrlEnter()
  ctrlEnter()
  await screen.findByTestId('registered-ttn')
  expect(creates).toHaveLength(1)
})

it('registers nothing when the clerk goes back before the rules have answered', async () => {
  open()
  await toConfirmation()
  ctrlEnter()
  pressEscape()
  await screen.findByTestId('cargo[0].length_mm')
  ctrlEnter()
  await screen.findByTestId('register-save')
  expect(creates).toHaveLength(0)
  ctrlEnter()
  await screen.findByTestId('registered-ttn')
  expect(creates).toHaveLength(1)
})

it('stays at the confirmation while the parcel is being saved', async () => {
  let answered = () => undefined as unknown
  saving = new Promise((done) => {
    answered = () => done(undefined)
  })
  open()
  await toConfirmation()
  ctrlEnter()
  await waitFor(() => expect(creates).toHaveLength(1))
  pressEscape()
  expect(screen.getByTestId('register-save')).toBeInTheDocument()
  answered()
  await screen.findByTestId('registered-ttn')
})

it('adds an item with Enter in the last field, and removes it', async () => {
  open()
  typeParties()
  ctrlEnter()
  const last = await screen.findByTestId('cargo[0].declared_minor')
  fireEvent.keyDown(last, { key: 'Enter', code: 'Enter' })
  await waitFor(() => expect(screen.getByTestId('cargo[1].length_mm')).toHaveFocus())
  fireEvent.click(screen.getByRole('button', { name: 'Remove item 2' }))
  await waitFor(() => expect(screen.queryByTestId('cargo[1].length_mm')).not.toBeInTheDocument())
})

it('goes on with a parcel that an earlier window gave to the server', async () => {
  open()
  await toConfirmation()
  const draft = keptDraft()
  cleanup()
  if (!draft) throw new Error('the draft is kept')
  await keepDraft({ ...draft, commandId: 'earlier' })
  const order = orderOf(draft)
  const given = { command_id: 'earlier', method: 'orders.create', order, since: 0 }
  connection.set((before) => ({ ...before, pending: [{ ...given, progress: { is: 'sent' } }] }))
  open()
  await screen.findByTestId('registered-ttn')
  expect(creates).toEqual([{ command_id: 'earlier', order }])
})

it('says why a parcel of an earlier window was refused, and the next try is another command', async () => {
  open()
  await toConfirmation()
  const draft = keptDraft()
  cleanup()
  if (!draft) throw new Error('the draft is kept')
  await keepDraft({ ...draft, commandId: 'earlier' })
  const problem: Problem = { code: 'storage_full', message: 'no' }
  const given = { command_id: 'earlier', method: 'orders.create', order: orderOf(draft), since: 0 }
  connection.set((before) => ({ ...before, ended: [{ ...given, progress: { is: 'refused', problem } }] }))
  open()
  await screen.findByText(/Not saved/)
  ctrlEnter()
  await screen.findByTestId('registered-ttn')
  expect(creates.map(({ command_id }) => command_id)).toEqual(['command-1'])
})

it('brings a refused order back as it was typed', () => {
  const draft = keptDraft() ?? emptyDraft('Lviv', 'uk')
  const row = {
    ...emptyRow('a'),
    length: '300',
    width: '200',
    height: '150',
    weight: '1850',
    declared: '99.5',
  }
  const order = orderOf({ ...draft, description: 'Ceramics', cargo: [row] })
  expect(orderOf(draftOf(order))).toEqual(order)
})

it('tries the same parcel again after a lost answer', async () => {
  answers = [{ code: 'offline', message: 'gone' }]
  open()
  await toConfirmation()
  ctrlEnter()
  await screen.findByText(/Not saved/)
  ctrlEnter()
  await screen.findByTestId('registered-ttn')
  expect(creates.map(({ command_id }) => command_id)).toEqual(['command-1', 'command-1'])
})

it('takes a refusal of the server to its field, and the next try is another command', async () => {
  answers = [{ code: 'invalid_fields', message: 'no', fields: [refusal('recipient.phone')] }]
  open()
  await toConfirmation()
  ctrlEnter()
  await waitFor(() => expect(screen.getByTestId('recipient.phone')).toHaveFocus())
  expect(screen.getByText('Fill this in')).toBeInTheDocument()
  type('recipient.phone', '0930005508')
  ctrlEnter()
  await screen.findByTestId('cargo[0].length_mm')
  ctrlEnter()
  await screen.findByTestId('register-save')
  ctrlEnter()
  await screen.findByTestId('registered-ttn')
  expect(creates.map(({ command_id }) => command_id)).toEqual(['command-1', 'command-2'])
})

it('goes back step by step with Esc, keeps the draft, and brings it back', async () => {
  open()
  await toConfirmation()
  pressEscape()
  await screen.findByTestId('cargo[0].length_mm')
  pressEscape()
  await screen.findByTestId('sender.phone')
  pressEscape()
  await screen.findByText('the list')
  cleanup()
  open()
  expect(screen.getByTestId('description')).toHaveValue('Ceramics')
})

it('begins the next parcel with Enter, or with the same sender', async () => {
  open()
  await toConfirmation()
  ctrlEnter()
  await screen.findByTestId('registered-ttn')
  fireEvent.keyDown(document.body, { code: 'KeyD', key: 'd', ctrlKey: true })
  expect(await screen.findByTestId('sender.name')).toHaveValue('sender name')
  expect(screen.getByTestId('recipient.name')).toHaveValue('')
})
