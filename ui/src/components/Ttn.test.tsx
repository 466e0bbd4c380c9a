import { render } from '@testing-library/react'
import { expect, it } from 'vitest'
import { Ttn } from './Ttn'

it('is shown in four groups and copied as sixteen digits', () => {
  const { container } = render(<Ttn value="8123475609142831" />)
  expect([...container.querySelectorAll('span > span')].map((group) => group.textContent)).toEqual([
    '8123',
    '4756',
    '0914',
    '2831',
  ])
  expect(container.textContent).toBe('8123475609142831')
})
