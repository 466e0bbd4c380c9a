import { describe, expect, it } from 'vitest'
import {
  age,
  clockOrDay,
  clockSeconds,
  count,
  maskedPhone,
  money,
  percent,
  phone,
  stamp,
  startOfDay,
  ttnGroups,
  weight,
} from './format'

const plain = (text: string) => text.replace(/\u00a0/g, ' ')

describe('money and weight', () => {
  it('group with a no-break space and point with , in Ukrainian and . in English', () => {
    expect(plain(money(150000, 'uk'))).toBe('1 500,00 ₴')
    expect(plain(money(150000, 'en'))).toBe('1 500.00 ₴')
    expect(money(123456789, 'uk')).not.toContain(' ')
  })

  it('are exact for every integer: no kopiyka is lost to floating point', () => {
    expect(money(7, 'uk').slice(0, 4)).toBe('0,07')
    expect(plain(money(9007199254740991, 'en'))).toBe('90 071 992 547 409.91 ₴')
    expect(plain(money(-5, 'en'))).toBe('−0.05 ₴')
  })

  it('show grams as kilograms with two places, and basis points as percent', () => {
    expect(plain(weight(3400, 'uk'))).toBe('3,40 кг')
    expect(plain(weight(995, 'en'))).toBe('1.00 kg')
    expect(plain(percent(50, 'uk'))).toBe('0,5 %')
    expect(plain(count(1284))).toBe('1 284')
  })
})

describe('times', () => {
  it('are in Kyiv whatever the desktop says, with and without summer time', () => {
    expect(clockSeconds(Date.UTC(2026, 10, 22, 12, 32, 6))).toBe('14:32:06')
    expect(clockSeconds(Date.UTC(2026, 6, 1, 12, 32, 6))).toBe('15:32:06')
  })

  it('name the day when it is not today in Kyiv', () => {
    const now = Date.UTC(2026, 10, 22, 12, 0)
    expect(clockOrDay(Date.UTC(2026, 10, 21, 22, 30), now)).toBe('00:30')
    expect(clockOrDay(Date.UTC(2026, 10, 21, 21, 30), now)).toBe('21.11')
    expect(plain(stamp(Date.UTC(2026, 10, 21, 21, 30), now))).toBe('21.11, 23:30')
  })

  it('count ages up and never below zero', () => {
    expect([42_000, 391_000, 3_723_000, -5000].map(age)).toEqual(['0:42', '6:31', '1:02:03', '0:00'])
  })
})

describe('phones and numbers', () => {
  it('hide the middle of a phone', () => {
    expect(plain(maskedPhone('+380670001241'))).toBe('+380 67 ••• •• 41')
    expect(maskedPhone('+48501222333')).not.toContain('1222')
    expect(plain(phone('+380670001241'))).toBe('+380 67 000 12 41')
  })

  it('group a TTN by four and leave anything else whole', () => {
    expect(ttnGroups('8123475609142831')).toEqual(['8123', '4756', '0914', '2831'])
    expect(ttnGroups('812347560914283')).toEqual(['812347560914283'])
  })
})

it('knows the midnight of a day in Kyiv, also when the clocks change', () => {
  const midnight = (iso: string) => new Date(startOfDay(Date.parse(iso))).toISOString()
  expect(midnight('2026-11-22T12:32:10.123Z')).toBe('2026-11-21T22:00:00.000Z')
  expect(midnight('2026-11-21T22:00:00.000Z')).toBe('2026-11-21T22:00:00.000Z')
  expect(midnight('2026-11-21T21:59:59.999Z')).toBe('2026-11-20T22:00:00.000Z')
  // Summer time begins on 29 March at 03:00 and ends on 25 October at 04:00.
  expect(midnight('2026-03-29T12:00:00.000Z')).toBe('2026-03-28T22:00:00.000Z')
  expect(midnight('2026-10-25T12:00:00.000Z')).toBe('2026-10-24T21:00:00.000Z')
})
