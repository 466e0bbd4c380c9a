import { render, screen } from '@testing-library/react'
import { beforeEach, expect, it } from 'vitest'
import { startTexts } from '@/i18n/i18n'
import type { Problem } from '@/protocol/protocol'
import { useProblemSentences } from './problem'

function Sentence({ of }: { of: Problem }) {
  const { text, cause, requestId } = useProblemSentences().problem(of)
  return <p>{[text, cause, requestId].join('|')}</p>
}

const said = (of: Omit<Problem, 'message'>) => {
  const { container } = render(<Sentence of={{ message: 'for the log', ...of }} />)
  return container.textContent
}

beforeEach(() => {
  startTexts('en')
})

it('says first what was not saved, and the cause alone for what was only read', () => {
  expect(said({ code: 'storage_unavailable', request_id: 'r-7' })).toBe(
    'Not saved: the server cannot reach its storage|The server cannot reach its storage|r-7',
  )
})

it('builds the sentence of a rule from its values, never from the text of the log', () => {
  expect(said({ code: 'refused', refusal: 'role_too_low', detail: { role: 'supervisor' } })).toContain(
    'Not saved: Needs the role Supervisor',
  )
  expect(screen.queryByText(/for the log/)).toBeNull()
})

it('names who is editing, at which station, since when', () => {
  const holder = {
    session: 's',
    employee: 'e',
    name: 'Clerk 7',
    station: '3',
    since: Date.UTC(2026, 10, 22, 12, 2, 10),
    purpose: 'edit_place' as const,
  }
  expect(said({ code: 'order_locked', holder })).toContain(
    'Clerk 7, Station 3, has been editing it since 14:02:10',
  )
})
