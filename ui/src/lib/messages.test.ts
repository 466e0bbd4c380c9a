import { expect, it } from 'vitest'
import type { MessageRow, MessageView } from '@/protocol/protocol'
import { afterNews, afterPage, changedMessageCells, isOlder, refusalOf } from './messages'

const message = (more: Partial<MessageView> = {}): MessageView => ({
  event_id: 'm1',
  notice: 'accepted',
  phone: '+380670001241',
  language: 'uk',
  state: 'queued',
  attempts: 0,
  queued_at: 1000,
  ...more,
})
const row = (more: Partial<MessageView> = {}): MessageRow => ({
  ttn: '8123475609142831',
  recipient_name: 'Marko',
  recipient_city: 'Odesa',
  message: message(more),
})

it('never goes back: a page that was on its way does not undo what was told meanwhile', () => {
  const told = afterNews(new Map(), [row({ state: 'delivered', attempts: 1 })])
  expect(afterPage(told, [row({ state: 'accepted', attempts: 1 })]).get('m1')?.row.message.state).toBe(
    'delivered',
  )
  expect(isOlder(message({ state: 'failed', attempts: 3 }), message({ state: 'failed', told_at: 5 }))).toBe(
    true,
  )
  expect(isOlder(message({ attempts: 2 }), message({ attempts: 1 }))).toBe(false)
})

it('lets a report correct an unknown outcome', () => {
  expect(isOlder(message({ state: 'delivered' }), message({ state: 'unknown' }))).toBe(false)
})

it('marks what changed, and nothing of what is new or the same', () => {
  const first = afterNews(new Map(), [row()])
  expect(first.get('m1')?.changed).toEqual([])
  const again = afterNews(first, [row({ attempts: 1, next_attempt_at: 9, reason: 'gateway_unavailable' })])
  expect(again.get('m1')?.changed).toEqual(['attempts', 'known'])
  const same = afterNews(again, [row({ attempts: 1, next_attempt_at: 9, reason: 'gateway_unavailable' })])
  expect(same.get('m1')?.mark).toBe(again.get('m1')?.mark)
  expect(changedMessageCells(message(), message({ state: 'accepted' }))).toEqual(['state', 'known'])
})

it('waits for a person only when it failed or is unknown and nobody has dealt with it', () => {
  expect(refusalOf(message())).toBe('queued')
  expect(refusalOf(message({ state: 'accepted' }))).toBe('accepted')
  expect(refusalOf(message({ state: 'failed' }))).toBeUndefined()
  expect(refusalOf(message({ state: 'unknown' }))).toBeUndefined()
  expect(refusalOf(message({ state: 'failed', told_at: 1 }))).toBe('told')
  expect(refusalOf(message({ state: 'unknown', replaced_by: 'm2' }))).toBe('replaced')
})
