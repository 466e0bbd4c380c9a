import { expect, it } from 'vitest'
import { bars, symbolsOfDigits } from './code128'

it('encodes pairs with start C, the weighted checksum and stop', () => {
  // 105 + 12·1 + 34·2 = 185; 185 mod 103 = 82.
  expect(symbolsOfDigits('1234')).toEqual([105, 12, 34, 82, 106])
})

it('draws eleven modules a symbol and thirteen for the stop', () => {
  const code = bars('8123475609142831')
  expect(code.width).toBe(11 * 10 + 13)
  const last = code.bars.at(-1)
  expect(last && last.x + last.width).toBe(code.width)
})

it('refuses what code set C cannot hold', () => {
  expect(() => symbolsOfDigits('123')).toThrow(RangeError)
})
