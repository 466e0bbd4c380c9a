import { describe, expect, it } from 'vitest'
import { idsOf, withPage } from '@/lib/pagedList'
import type { Change, OrderCounts, OrderRow } from '@/protocol/protocol'
import { bare, firstPage, listAfter } from './list'
import type { ListView } from './view'

const counts: OrderCounts = {
  all: 10,
  new: 4,
  delivering: 3,
  delivered: 1,
  completed: 1,
  canceled: 1,
  problem: 1,
  sms_waiting: 2,
}

const row = (ttn: string, more: Partial<OrderRow> = {}): OrderRow => ({
  ttn,
  status: 'new',
  description: 'Кераміка',
  location: { city: 'Львів', street: '' },
  recipient_city: 'Одеса',
  branch: 'lviv-3',
  registered_at: 0,
  updated_at: 0,
  version: 1,
  ...more,
})

const view = (more: Partial<ListView> = {}): ListView => ({
  tab: 'all',
  scope: 'my_branch',
  sort: 'ttn',
  direction: 'ascending',
  search: '',
  ...more,
})

const list = firstPage({ rows: [row('a'), row('b')], next: 'more', counts, sequence: 100 })

const change = (sequence: number, ttn: string, more: Partial<Change>): Change => ({
  sequence,
  event_id: `e${sequence}`,
  ttn,
  kind: 'registered',
  at: 0,
  row: row(ttn),
  ...more,
})

const tell = (changes: Change[], of: ListView = view()) =>
  listAfter(list, changes, of, 'lviv-3', (ttn) => (ttn === 'a' ? row('a') : undefined))

describe('rows', () => {
  it('keep their place: new orders wait, changed ones stay', () => {
    const told = tell([
      change(101, 'c', { status_after: 'new' }),
      change(102, 'a', { kind: 'moved', status_before: 'new', status_after: 'delivering' }),
    ])
    expect(idsOf(told)).toEqual(['a', 'b'])
    expect(told.fresh).toEqual(['c'])
  })

  it('stand once, even when a row slid to the next page between two loads', () => {
    expect(idsOf(withPage(list, bare({ rows: [row('b'), row('d')], sequence: 101 })))).toEqual([
      'a',
      'b',
      'd',
    ])
  })
})

describe('the pill', () => {
  it('counts an order once, and not at all when it belongs elsewhere', () => {
    const elsewhere = row('x', { branch: 'odesa-12' })
    const told = tell([
      change(101, 'c', { status_after: 'new' }),
      change(102, 'c', { kind: 'sms', status_before: 'new', status_after: 'new', sms_after: 'queued' }),
      change(103, 'x', { status_after: 'new', row: elsewhere }),
    ])
    expect(told.fresh).toEqual(['c'])
    const everywhere = tell(
      [change(103, 'x', { status_after: 'new', row: elsewhere })],
      view({ scope: 'all_branches' }),
    )
    expect(everywhere.fresh).toEqual(['x'])
  })

  it('takes what comes into the tab, and lets go of what is deleted again', () => {
    const moved = change(101, 'c', { kind: 'moved', status_before: 'new', status_after: 'delivering' })
    expect(tell([moved], view({ tab: 'delivering' })).fresh).toEqual(['c'])
    expect(tell([moved], view({ tab: 'new' })).fresh).toEqual([])
    expect(
      tell([
        change(101, 'c', { status_after: 'new' }),
        change(102, 'c', { kind: 'deleted', status_before: 'new' }),
      ]).fresh,
    ).toEqual([])
  })

  it('in the order of updates also takes what moved up from below the loaded rows', () => {
    const moved = change(101, 'z', { kind: 'moved', status_before: 'new', status_after: 'new' })
    expect(tell([moved]).fresh).toEqual([])
    expect(tell([moved], view({ sort: 'updated', direction: 'descending' })).fresh).toEqual(['z'])
  })

  it('holds what a search would find', () => {
    const found = (search: string) =>
      tell([change(101, 'c', { status_after: 'new' })], view({ search })).fresh
    expect(found('одеса')).toEqual(['c'])
    expect(found('КЕРАМІКА')).toEqual(['c'])
    expect(found('Харків')).toEqual([])
    expect(found('керам одес')).toEqual(['c'])
    expect(found('ераміка')).toEqual([])
  })
})

describe('counts', () => {
  it('leave out a change that the page had counted before it was told', () => {
    const early = firstPage({ rows: [row('a')], counts, sequence: 100, ahead: ['e102'] })
    const changes = [change(101, 'c', { status_after: 'new' }), change(102, 'd', { status_after: 'new' })]
    const told = listAfter(early, changes, view(), 'lviv-3', () => undefined)
    expect(told.counts).toEqual({ ...counts, all: counts.all + 1, new: counts.new + 1 })
  })

  it('follow a change from status to status, and its SMS', () => {
    const told = tell([
      change(101, 'a', {
        kind: 'moved',
        status_before: 'new',
        status_after: 'delivering',
        sms_before: 'queued',
        sms_after: 'failed',
      }),
    ])
    expect(told.counts).toEqual({ ...counts, new: 3, delivering: 4, problem: 2, sms_waiting: 1 })
  })

  it('count a deleted order out although it comes without its row', () => {
    const told = tell([
      change(101, 'a', { kind: 'deleted', status_before: 'new', status_after: undefined, row: undefined }),
    ])
    expect(told.counts).toEqual({ ...counts, all: 9, new: 3 })
  })

  it('take every change once: what the page already reflects, or what comes twice, changes nothing', () => {
    const stale = change(100, 'c', { status_after: 'new' })
    expect(tell([stale])).toBe(list)
    const once = tell([change(101, 'c', { status_after: 'new' })])
    expect(
      listAfter(once, [change(101, 'c', { status_after: 'new' })], view(), 'lviv-3', () => undefined),
    ).toBe(once)
  })
})

describe('a search that did not look at all orders', () => {
  const searched = { ...list, older: { before: 7, since: 1_000 } }
  const moved = (ttn: string, registered_at: number) =>
    change(101, ttn, {
      kind: 'moved',
      status_before: 'new',
      status_after: 'delivering',
      row: row(ttn, { registered_at }),
    })
  const told = (registered_at: number, back?: ListView['back']) =>
    listAfter(
      searched,
      [moved('c', registered_at)],
      view({ search: 'Кераміка', back }),
      'lviv-3',
      () => undefined,
    ).counts?.new

  it('counts only changes of orders that it looked at', () => {
    expect([999, 1_000, 5_000].map((at) => told(at))).toEqual([4, 3, 3])
    const back = { before: 9, until: 3_000 }
    expect([999, 1_000, 2_999, 3_000].map((at) => told(at, back))).toEqual([4, 3, 3, 4])
  })
})
