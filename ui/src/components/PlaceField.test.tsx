import { MantineProvider } from '@mantine/core'
import { IconHome } from '@tabler/icons-react'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { placeText } from '@/lib/places'
import { PlaceField } from './PlaceField'
import { type Suggestion, usePlaceChoice } from './usePlaceChoice'

const suggestion = (city: string, street: string, name?: string): Suggestion => ({
  icon: IconHome,
  heading: 'Near',
  place: { city, street },
  name,
})
const NEAR = [
  suggestion('Lviv', 'Horodotska, 120', 'Lviv 3'),
  suggestion('Lviv', 'Sorting centre'),
  suggestion('Odesa', 'Branch 12'),
]

function Chooser() {
  const choice = usePlaceChoice({ city: '', street: '' }, NEAR)
  return (
    <>
      <PlaceField label="New place" hint="" choice={choice} />
      <output>{placeText(choice.place)}</output>
    </>
  )
}

afterEach(cleanup)

function open() {
  render(
    <MantineProvider>
      <Chooser />
    </MantineProvider>,
  )
  const field = screen.getByRole('combobox')
  return {
    field,
    type: (value: string) => fireEvent.change(field, { target: { value } }),
    press: (code: string) => fireEvent.keyDown(field, { code }),
  }
}
const meant = () => screen.queryByRole('option', { selected: true })?.textContent
const saves = () => screen.getByRole('status').textContent

it('means nothing while nothing is typed, and the first fitting place once something is', () => {
  const { type } = open()
  expect([meant(), saves()]).toEqual([undefined, ''])
  type('lv')
  expect(screen.getAllByRole('option')).toHaveLength(2)
  expect(saves()).toBe('Lviv, Horodotska, 120')
  type('lviv 3')
  expect(screen.getAllByRole('option')).toHaveLength(1)
})

it('goes over the places with the arrow keys and writes one out with Enter', () => {
  const { field, type, press } = open()
  type('lv')
  press('ArrowDown')
  press('ArrowDown')
  expect(saves()).toBe('Lviv, Sorting centre')
  press('Enter')
  expect(field).toHaveValue('Lviv, Sorting centre')
  expect(screen.getAllByRole('option')).toHaveLength(3)
  press('ArrowDown')
  expect(saves()).toBe('Odesa, Branch 12')
})

it('takes a place that was typed in full as it is', () => {
  const { type } = open()
  type('Lviv, Sort')
  expect([meant(), saves()]).toEqual([undefined, 'Lviv, Sort'])
  type('Poltava')
  expect(saves()).toBe('Poltava')
})
