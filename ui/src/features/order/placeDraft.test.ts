import { mockIPC } from '@tauri-apps/api/mocks'
import { beforeEach, expect, test } from 'vitest'
import { drafts } from '@/lib/drafts'
import { recentPlaces } from '@/lib/places'
import { dropDraft, keepDraft, keptDraft } from './placeDraft'

const place = (street: string) => ({ city: 'Львів', street })

beforeEach(() => {
  localStorage.clear()
  drafts.set(undefined)
  mockIPC(() => null)
})

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
  drafts.set({ employee: 'e', texts: new Map([['places', 'x']]), damaged: new Map() })
  expect(recentPlaces()).toEqual([])
  expect(keptDraft('1')).toBeUndefined()
})
