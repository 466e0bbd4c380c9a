import { expect, it } from 'vitest'
import { idsOf } from '@/lib/pagedList'
import type { MessageRow, MessageView } from '@/protocol/protocol'
import { firstPage, listAfter } from './list'
import type { MessagesView } from './view'

const row = (id: string, more: Partial<MessageView> = {}): MessageRow => ({
  ttn: '8123475609142831',
  recipient_name: 'Марко',
  recipient_city: 'Одеса',
  message: {
    event_id: id,
    notice: 'accepted',
    phone: '+380670001241',
    language: 'uk',
    state: 'queued',
    attempts: 0,
    queued_at: 1000,
    ...more,
  },
})
const view = (more: Partial<MessagesView> = {}): MessagesView => ({ tab: 'all', search: '', ...more })
const page = (...ids: string[]) => ({ rows: ids.map((id) => row(id)), sequence: 1, as_of: 0 })
const list = firstPage(page('a', 'b'))

it('keeps rows in their place and lets new ones wait', () => {
  const after = listAfter(list, [row('c'), row('a', { state: 'failed' })], view())
  expect(idsOf(after)).toEqual(['a', 'b'])
  expect(after.fresh).toEqual(['c'])
  expect(listAfter(after, [row('b', { state: 'delivered' })], view())).toBe(after)
})

it('has only what belongs to the tab wait, and lets go of what moved on', () => {
  const failed = listAfter(list, [row('c', { state: 'failed' })], view({ tab: 'failed' }))
  expect(failed.fresh).toEqual(['c'])
  const waiting = listAfter(list, [row('d')], view({ tab: 'waiting' }))
  expect(waiting.fresh).toEqual(['d'])
  expect(listAfter(waiting, [row('d', { state: 'accepted' })], view({ tab: 'waiting' })).fresh).toEqual([])
})

it('has a problem wait on its tab until somebody has dealt with it', () => {
  const problems = view({ tab: 'problems' })
  const failed = listAfter(list, [row('c', { state: 'failed' }), row('d')], problems)
  expect(failed.fresh).toEqual(['c'])
  expect(listAfter(failed, [row('c', { state: 'failed', told_at: 5 })], problems).fresh).toEqual([])
})

it('has only what a search would find wait', () => {
  const found = (search: string) => listAfter(list, [row('c')], view({ search })).fresh
  expect(found('8123 4756')).toEqual(['c'])
  expect(found('067 000')).toEqual(['c'])
  expect(found('одеса')).toEqual(['c'])
  expect(found('Харків')).toEqual([])
})
