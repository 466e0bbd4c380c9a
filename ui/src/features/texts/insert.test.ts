import { expect, it } from 'vitest'
import { putIn } from './insert'

it('puts in at the caret, with spaces where words would stick together', () => {
  expect(putIn('Посилку прийнято', 7, 7, '{ttn}')).toEqual({ text: 'Посилку {ttn} прийнято', caret: 13 })
  expect(putIn('Посилку прийнято', 8, 8, '{ttn}')).toEqual({ text: 'Посилку {ttn} прийнято', caret: 13 })
  expect(putIn('', 0, 0, '{ttn}')).toEqual({ text: '{ttn}', caret: 5 })
})

it('takes the place of what is marked, and leaves signs where they belong', () => {
  expect(putIn('Parcel X.', 7, 8, '{ttn}')).toEqual({ text: 'Parcel {ttn}.', caret: 12 })
})
