import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { createMemoryRouter, RouterProvider } from 'react-router'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTexts } from '@/i18n/i18n'
import { connection } from '@/lib/connection'
import { drafts } from '@/lib/drafts'
import { prefer } from '@/lib/preferences'
import type { Role, Session, SmsPreview, Template, Templates } from '@/protocol/protocol'
import { pressKeys, signal } from '@/test-keys'
import { TextsScreen } from './TextsScreen'

const size = { encoding: 'gsm7', used: 40, limit: 160, segments: 1 } as const
let texts: Record<string, string> = {}
let saving: Promise<unknown> | undefined
/** The rules answer when this has come. */
let ruling: Promise<unknown> | undefined
let given: { method: string; params: Record<string, unknown> }[] = []

const templates = (): Templates => ({
  templates: (['accepted', 'arrived', 'completed'] as const).flatMap((notice) =>
    (['uk', 'en'] as const).map((language): Template => {
      const own = texts[`${notice}-${language}`]
      const supplied = `Parcel {ttn} ${notice}: {url}`
      return {
        notice,
        language,
        text: own ?? supplied,
        default_text: supplied,
        size,
        changed_at: own === undefined ? undefined : 5,
      }
    }),
  ),
  tracking_url: 'post.example',
  max_segments: 1,
})

const as = (role: Role) =>
  connection.set((before) => ({
    ...before,
    known: true,
    link: { state: 'live', caught_up: 0 },
    session: { id: 's', name: 'Admin', role, branch: { id: 'lviv-3', name: 'Lviv 3' } } as Session,
  }))

beforeEach(() => {
  texts = {}
  given = []
  saving = undefined
  ruling = undefined
  drafts.set(undefined)
  prefer({ language: 'en' })
  startTexts('en')
  as('admin')
  mockIPC(async (name, args) => {
    if (name === 'new_command_id') return `c${given.length}`
    if (name === 'preview_sms') {
      await ruling
      const { template, notice } = args as { template: string; notice: SmsPreview['notice'] }
      const text = template.replace('{ttn}', '8123 4756 0914 2831').replace('{url}', 'post.example')
      const code = !template.includes('{ttn}')
        ? 'ttn_missing'
        : text.length > 160
          ? 'too_many_segments'
          : undefined
      const segments = text.length > 160 ? 2 : 1
      const refusal = code && { field: 'text', code, detail: { max: 1, actual: segments } }
      return { notice, text, ...size, used: text.length, limit: segments * 160, segments, refusal }
    }
    const { call } = args as { call: (typeof given)[number] }
    if (call.method === 'templates.get') return templates()
    given.push(call)
    await saving
    const key = `${call.params.notice}-${call.params.language}`
    if (call.method === 'templates.set') texts[key] = String(call.params.text)
    else delete texts[key]
    return templates()
  })
})

afterEach(async () => {
  cleanup()
  await new Promise((done) => setTimeout(done, 0))
  clearMocks()
})

async function open() {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  })
  const router = createMemoryRouter([{ path: '/', element: <TextsScreen /> }])
  render(
    <MantineProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  )
  return screen.findByTestId<HTMLTextAreaElement>('text-area')
}

const write = (text: string) => fireEvent.change(screen.getByTestId('text-area'), { target: { value: text } })
const save = () => screen.getByTestId('text-save')

it('measures a text while it is written, and saves it', async () => {
  await open()
  write('Your parcel {ttn}')
  await waitFor(() =>
    expect(screen.getByTestId('text-size')).toHaveTextContent('31 of 160 characters · 1 segment'),
  )
  expect(screen.getByTestId('text-preview')).toHaveTextContent('Your parcel 8123 4756 0914 2831')
  expect(screen.getByTestId('text-accepted-uk')).toHaveTextContent('not saved')
  await waitFor(() => expect(save()).toBeEnabled())
  fireEvent.keyDown(document.body, { code: 'Enter', ctrlKey: true })
  await screen.findByText(/^Saved\./)
  expect(given).toEqual([
    {
      method: 'templates.set',
      params: { command_id: 'c0', notice: 'accepted', language: 'uk', text: 'Your parcel {ttn}' },
    },
  ])
  expect(screen.getByTestId('text-accepted-uk')).toHaveTextContent('changed')
})

it('keeps what is typed while an earlier text is being saved', async () => {
  let answer = () => undefined as unknown
  saving = new Promise((done) => {
    answer = () => done(undefined)
  })
  await open()
  write('Your parcel {ttn}')
  await waitFor(() => expect(save()).toBeEnabled())
  fireEvent.keyDown(document.body, { code: 'Enter', ctrlKey: true })
  await waitFor(() => expect(given).toHaveLength(1))
  write('Your parcel {ttn} waits')
  answer()
  await waitFor(() => expect(save()).toBeEnabled())
  expect(screen.getByTestId('text-area')).toHaveValue('Your parcel {ttn} waits')
  expect(screen.getByTestId('text-accepted-uk')).toHaveTextContent('not saved')
})

it('Ctrl+Enter right after the last letter saves that text, once, when the rules have answered', async () => {
  const rules = signal()
  ruling = rules.came
  await open()
  screen.getByTestId('text-area').focus()
  await pressKeys(' now{Control>}{Enter}{Enter}{/Control}')
  expect(given).toEqual([])
  await act(async () => rules.come())
  await screen.findByText(/^Saved\./)
  expect(given.map(({ params }) => params.text)).toEqual(['Parcel {ttn} accepted: {url} now'])
})

it('refuses in words what is too long or has no number, before it is saved', async () => {
  await open()
  write('Your parcel')
  await screen.findByText('The number of the parcel is missing: put in {ttn}')
  expect(save()).toBeDisabled()
  write(`{ttn}${'a'.repeat(150)}`)
  await screen.findByText('9 characters too many: it may take 1 segment')
  expect(screen.getByText(/never cut/)).toBeVisible()
  expect(save()).toBeDisabled()
  fireEvent.keyDown(document.body, { code: 'Enter', ctrlKey: true })
  expect(given).toEqual([])
})

it('puts a placeholder in where the caret is', async () => {
  const area = await open()
  write('Parcel  waits')
  area.setSelectionRange(7, 7)
  fireEvent.click(screen.getByTestId('insert-ttn'))
  expect(area.value).toBe('Parcel {ttn} waits')
  expect(area.selectionStart).toBe(12)
})

it('keeps a draft while another text is looked at', async () => {
  await open()
  write('Draft {ttn}')
  fireEvent.click(screen.getByTestId('text-arrived-en'))
  expect((await screen.findByTestId<HTMLTextAreaElement>('text-area')).value).toContain('arrived')
  fireEvent.click(screen.getByTestId('text-accepted-uk'))
  expect((await screen.findByTestId<HTMLTextAreaElement>('text-area')).value).toBe('Draft {ttn}')
})

it('goes back to the supplied text after a question', async () => {
  texts = { 'accepted-uk': 'Own {ttn}' }
  const area = await open()
  expect(area.value).toBe('Own {ttn}')
  fireEvent.click(screen.getByRole('button', { name: /As supplied/ }))
  await screen.findByText('Back to the supplied text?')
  fireEvent.keyDown(document.body, { code: 'Enter', ctrlKey: true })
  await waitFor(() => expect(area.value).toContain('accepted'))
  expect(given[0]).toMatchObject({
    method: 'templates.reset',
    params: { notice: 'accepted', language: 'uk' },
  })
})

it('lets others read only', async () => {
  as('supervisor')
  const area = await open()
  expect(area.readOnly).toBe(true)
  expect(screen.queryByTestId('text-save')).toBeNull()
  expect(screen.getByText('Only an admin can change the texts.')).toBeVisible()
})
