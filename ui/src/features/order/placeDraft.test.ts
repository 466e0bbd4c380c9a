import { beforeEach, expect, test } from 'vitest'
import { dropDraft, keepDraft, keptDraft, recentPlaces, rememberPlace } from './placeDraft'

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

test('a station remembers its last five places, each once, newest first', () => {
  for (const street of ['1', '2', '3', '4', '5', '6', '2']) rememberPlace(place(street))
  expect(recentPlaces().map(({ street }) => street)).toEqual(['2', '6', '5', '4', '3'])
})

test('damaged storage is an empty one', () => {
  localStorage.setItem('postoffice.recentPlaces', '[{')
  localStorage.setItem('postoffice.placeDrafts', 'x')
  expect(recentPlaces()).toEqual([])
  expect(keptDraft('1')).toBeUndefined()
})
