import { beforeEach, expect, it } from 'vitest'
import { isWhole, mayMean, placeOf, placeText, recentPlaces, rememberPlace, samePlace } from './places'

beforeEach(() => localStorage.clear())

it('reads a place from one line and writes it back', () => {
  const place = placeOf(' Львів ,  вул. Городоцька, 120 ')
  expect(place).toEqual({ city: 'Львів', street: 'вул. Городоцька, 120' })
  expect(placeText(place)).toBe('Львів, вул. Городоцька, 120')
  expect(placeText(placeOf('Львів'))).toBe('Львів')
  expect([isWhole(place), isWhole(placeOf('Львів,')), isWhole(placeOf(''))]).toEqual([true, false, false])
})

it('finds a place by the beginnings of its words, in any order and writing', () => {
  const place = { city: 'Кам’янець-Подільський', street: 'вул. Соборна, 3' }
  expect(mayMean("кам'ян", place)).toBe(true)
  expect(mayMean('соборна 3', place)).toBe(true)
  expect(mayMean('льв 3', { city: 'Львів', street: 'вул. Городоцька, 120' }, 'Львів 3')).toBe(true)
  expect(mayMean('борна', place)).toBe(false)
  expect(samePlace(place, placeOf('кам`янець-подільський,вул. соборна 3'))).toBe(true)
})

it('remembers the last five places of a station, newest first and each once', () => {
  for (const [at, city] of ['A', 'B', 'C', 'D', 'E', 'F', 'B'].entries()) {
    rememberPlace({ city, street: 's' }, at)
  }
  expect(recentPlaces().map(({ city, at }) => `${city}${at}`)).toEqual(['B6', 'F5', 'E4', 'D3', 'C2'])
})
