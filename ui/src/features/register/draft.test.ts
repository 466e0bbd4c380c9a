import { mockIPC } from '@tauri-apps/api/mocks'
import { beforeEach, describe, expect, it } from 'vitest'
import { drafts } from '@/lib/drafts'
import {
  emptyDraft,
  emptyRow,
  isUntouched,
  itemOf,
  keepDraft,
  keptDraft,
  minorUnits,
  presetOf,
  sameSender,
  wholeNumber,
  withPreset,
} from './draft'
import { readablePhone } from './readablePhone'

beforeEach(() => {
  drafts.set(undefined)
  mockIPC(() => null)
})

describe('numbers as typed', () => {
  it('reads whole numbers in groups, and nothing else', () => {
    expect(wholeNumber('1 850')).toBe(1850)
    expect(wholeNumber('\u00a0300 ')).toBe(300)
    for (const bad of ['', '1.5', '12a', '1e3', '٣', '9'.repeat(16)]) expect(wholeNumber(bad)).toBeNaN()
  })

  it('reads hryvnias with either decimal mark as kopiykas', () => {
    expect(minorUnits('1 000')).toBe(100_000)
    expect(minorUnits('99,5')).toBe(9_950)
    expect(minorUnits('0.07')).toBe(7)
    expect(minorUnits('')).toBe(0)
    for (const bad of ['1.234', '1,2,3', 'сто', '-']) expect(minorUnits(bad)).toBeNaN()
  })
})

describe('boxes', () => {
  it('fills the sides and keeps what was typed about weight and value', () => {
    const preset = presetOf(300, 200, 150)
    expect(preset?.id).toBe('m')
    if (!preset) return
    const row = withPreset({ ...emptyRow('1'), weight: '1850', declared: '10' }, preset)
    expect(itemOf(row)).toEqual({
      length_mm: 300,
      width_mm: 200,
      height_mm: 150,
      weight_g: 1850,
      declared_minor: 1000,
    })
    expect(presetOf(300, 200, 151)).toBeUndefined()
  })
})

describe('the draft of a station', () => {
  it('is kept with its command id, and forgotten when nothing was typed', () => {
    const draft = { ...emptyDraft('Lviv', 'uk'), description: 'Ceramics', commandId: 'c1' }
    void keepDraft(draft)
    expect(keptDraft()).toEqual(draft)
    expect(isUntouched(emptyDraft('Lviv', 'uk'))).toBe(true)
    void keepDraft(emptyDraft('Lviv', 'uk'))
    expect(keptDraft()).toBeUndefined()
  })

  it.each(['{"step":', '{"step":1}'])('is an empty form when it is none of this version: %s', (text) => {
    drafts.set({ employee: 'e', texts: new Map([['register', text]]), damaged: new Map() })
    expect(keptDraft()).toBeUndefined()
  })

  it('starts the next parcel of a sender as a new command', () => {
    const sender = { phone: '+380670001241', name: 'O. K.', city: 'Lviv', street: 'Branch 3' }
    const next = sameSender({
      ...emptyDraft('Lviv', 'uk'),
      sender,
      description: 'Books',
      commandId: 'c1',
      step: 2,
    })
    expect(next).toMatchObject({ sender, description: '', step: 0 })
    expect(next.commandId).toBeUndefined()
  })
})

it('shows a number as people read it', () => {
  expect(readablePhone('067 000-12-41')).toBe('+380\u00a067\u00a0000\u00a012\u00a041')
  expect(readablePhone('380670001241')).toBe('+380\u00a067\u00a0000\u00a012\u00a041')
  expect(readablePhone(' +48 512 345 678 ')).toBe('+48 512 345 678')
})
