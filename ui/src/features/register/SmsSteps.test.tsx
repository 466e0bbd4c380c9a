import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTexts } from '@/i18n/i18n'
import { clockSeconds } from '@/lib/format'
import type { MessageView } from '@/protocol/protocol'
import { SmsSteps } from './SmsSteps'

const message = (more: Partial<MessageView>): MessageView => ({
  event_id: 'm1',
  notice: 'accepted',
  phone: '+380930005508',
  language: 'uk',
  state: 'queued',
  attempts: 0,
  queued_at: 0,
  ...more,
})

beforeEach(() => {
  startTexts('en')
})
afterEach(cleanup)

it('says when a message that did not go through is tried again', () => {
  const again = Date.parse('2026-11-22T12:05:00Z')
  const shown = render(<SmsSteps message={message({})} queuedAt={0} />)
  expect(screen.getByText('waiting for the gateway')).toBeVisible()
  const tried = message({ attempts: 2, reason: 'gateway_unavailable', next_attempt_at: again })
  shown.rerender(<SmsSteps message={tried} queuedAt={0} />)
  expect(screen.getByText(`2 tries · again at ${clockSeconds(again)}`)).toBeVisible()
  shown.rerender(
    <SmsSteps message={message({ attempts: 3, state: 'accepted', accepted_at: again })} queuedAt={0} />,
  )
  expect(screen.queryByText(/again at/)).toBeNull()
  expect(screen.getByText(clockSeconds(again))).toBeVisible()
})
