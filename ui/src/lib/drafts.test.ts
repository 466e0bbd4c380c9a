import { mockIPC } from '@tauri-apps/api/mocks'
import { beforeEach, expect, test } from 'vitest'
import type { KeptDraft } from '@/protocol/protocol'
import { damageSeen, drafts, keepDraft, loadDrafts, readDraft } from './drafts'

let left: KeptDraft[] = []
let told: unknown[] = []
let refuses = false

beforeEach(() => {
  left = []
  told = []
  refuses = false
  drafts.set(undefined)
  mockIPC((name, args) => {
    if (refuses) throw { code: 'internal', message: 'no' }
    if (name === 'drafts') return left
    told.push(args)
    return null
  })
})

test('what an employee left is there, and nothing of another', async () => {
  left = [{ is: 'text', name: 'register', text: '{"step":2}' }]
  await loadDrafts('e-12')
  expect(readDraft('register', undefined)).toEqual({ step: 2 })
  left = []
  const loading = loadDrafts('e-7')
  expect(drafts.get()).toBeUndefined()
  await loading
  expect(readDraft('register', 'nothing')).toBe('nothing')
})

test('the core is told of every change, and of nothing else', async () => {
  await loadDrafts('e-12')
  await keepDraft('places', { 1: 'Одеса' })
  await keepDraft('places', { 1: 'Одеса' })
  await keepDraft('places', undefined)
  expect(told).toEqual([
    { name: 'places', text: '{"1":"Одеса"}' },
    { name: 'places', text: undefined },
  ])
  expect(drafts.get()).toEqual({ employee: 'e-12', texts: new Map(), damaged: new Map() })
})

test('what could not be read is told until the employee has seen it', async () => {
  left = [{ is: 'damaged', name: 'register', file: '/drafts/damaged/register' }]
  await loadDrafts('e-12')
  expect(readDraft('register', 'nothing')).toBe('nothing')
  await keepDraft('register', { step: 1 })
  expect(drafts.get()?.damaged.get('register')).toBe('/drafts/damaged/register')
  damageSeen('register')
  expect(drafts.get()?.damaged.size).toBe(0)
  expect(readDraft('register', 'nothing')).toEqual({ step: 1 })
})

test('a core that keeps nothing stops nobody', async () => {
  refuses = true
  await loadDrafts('e-12')
  await keepDraft('register', { step: 1 })
  expect(readDraft('register', undefined)).toEqual({ step: 1 })
})
