import { expect, it } from 'vitest'
import type { MessageRow, MessageView } from '@/protocol/protocol'
import { lastTaken } from './gateway'
import type { KnownMessage } from './messages'

const known = (id: string, more: Partial<MessageView>): KnownMessage => ({
  row: { message: { event_id: id, queued_at: 1000, attempts: 1, ...more } } as MessageRow,
  changed: [],
  mark: 0,
})

it('goes by the message that was taken last', () => {
  const all = [known('old', { accepted_at: 1400 }), known('new', { queued_at: 5000, accepted_at: 5200 })]
  expect(lastTaken(all)?.event_id).toBe('new')
})

it('leaves out what was tried again, what was not taken, and times that two clocks disagree about', () => {
  const all = [
    known('again', { attempts: 2, accepted_at: 9000 }),
    known('waits', {}),
    known('odd', { accepted_at: 900 }),
  ]
  expect(lastTaken(all)).toBeUndefined()
})
