import { expect, it } from 'vitest'
import { idsOf, onlyFirst, withPage } from './pagedList'

const list = { pages: [{ ids: ['a', 'b'], next: 'more' }], fresh: [], counts: 2 }

it('shows a row once that stands on two pages, and keeps the rest of the list', () => {
  const two = withPage(list, { ids: ['b', 'c'], next: undefined })
  expect(idsOf(two)).toEqual(['a', 'b', 'c'])
  expect(two.counts).toBe(2)
  expect(onlyFirst(two)).toEqual(list)
})

it('has no rows before it is loaded', () => {
  expect(idsOf(undefined)).toEqual([])
})
