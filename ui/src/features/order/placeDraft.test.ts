import { beforeEach, expect, test } from 'vitest'
import { recentPlaces } from '@/lib/places'
import { dropDraft, keepDraft, keptDraft } from './placeDraft'

const place = (street: string) => ({ city: 'Львів', street })

beforeEach(() => localStorage.clear())

test('a draft is kept per order until it is saved or emptied', () => {
  keepDraft('1', place('вул. Городоцька'))
  keepDraft('2', place('вул. Личаківська'))
  expect(keptDraft('1')).toEqual(place('вул. Городоцька'))
  dropDraft('1')
  expect(keptDraft('1')).toBeUndefined()
  expect(keptDraft('2')).toEqual(place('вул. Личаківська'))
})

test('damaged storage is an empty one', () => {
  localStorage.setItem('postoffice.recentPlaces', '[{')
  localStorage.setItem('postoffice.placeDrafts', 'x')
  expect(recentPlaces()).toEqual([])
  expect(keptDraft('1')).toBeUndefined()
})
