import { describe, expect, it } from 'vitest'
import type { Change, OrderRow } from '@/protocol/protocol'
import { afterChanges, afterPage, type KnownRow } from './rows'

const row = (version: number, more: Partial<OrderRow> = {}): OrderRow => ({
  ttn: '8123475609142831',
  status: 'new',
  description: 'Ceramics',
  location: { city: 'Lviv', street: 'Branch 3' },
  recipient_city: 'Odesa',
  branch: 'lviv-3',
  registered_at: 0,
  updated_at: version,
  version,
  ...more,
})

const change = (after: OrderRow | undefined, sequence = 1): Change => ({
  sequence,
  event_id: `e${sequence}`,
  ttn: '8123475609142831',
  kind: after ? 'moved' : 'deleted',
  at: 0,
  row: after,
})

const known = (of: OrderRow) => afterPage(new Map<string, KnownRow>(), [of])
const only = (map: ReadonlyMap<string, KnownRow>) => map.get('8123475609142831')

describe('live changes', () => {
  it('mark exactly the cells that differ', () => {
    const moved = row(2, { status: 'delivering', location: { city: 'Vinnytsia', street: '' } })
    expect(only(afterChanges(known(row(1)), [change(moved)]))?.changed).toEqual(['status', 'location'])
  })

  it('never put an older row over a newer one, whichever way it comes', () => {
    const newer = known(row(3, { status: 'delivered' }))
    expect(only(afterChanges(newer, [change(row(2))]))?.row.status).toBe('delivered')
    expect(only(afterPage(newer, [row(2)]))?.row.status).toBe('delivered')
  })

  it('give a second change of the same cell a new mark, so that the tint starts again', () => {
    const first = afterChanges(known(row(1)), [change(row(2, { status: 'delivering' }))])
    const second = afterChanges(first, [change(row(3, { status: 'delivered' }), 2)])
    expect(only(second)?.mark).toBeGreaterThan(only(first)?.mark ?? 0)
  })

  it('keep a deleted order in its place, crossed out', () => {
    const after = only(afterChanges(known(row(1)), [change(undefined)]))
    expect(after?.deleted).toBe(true)
    expect(after?.row.description).toBe('Ceramics')
  })
})
