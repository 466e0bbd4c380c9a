import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { useCallback, useState } from 'react'
import { afterEach, expect, it } from 'vitest'
import { useSearch } from '@/lib/search'
import { SearchField } from './SearchField'

afterEach(cleanup)

let searched: string[] = []

/** A list that searches for what it is told, and can clear that. */
function Searching() {
  const [value, setValue] = useState('')
  const onSearch = useCallback((text: string) => {
    searched.push(text)
    setValue(text)
  }, [])
  const search = useSearch(value, onSearch)
  return (
    <>
      <SearchField ref={null} search={search} label="search" keys={{}} several={false} />
      <button type="button" onClick={() => setValue('')}>
        clear
      </button>
    </>
  )
}

const type = (value: string) => fireEvent.change(screen.getByRole('textbox'), { target: { value } })

it('keeps the space before the next word, and what is typed while a search begins', async () => {
  searched = []
  render(<Searching />)
  type('Нова ')
  await waitFor(() => expect(searched).toEqual(['Нова']))
  expect(screen.getByRole('textbox')).toHaveValue('Нова ')
  type('Нова Каховка')
  await waitFor(() => expect(searched).toEqual(['Нова', 'Нова Каховка']))
})

it('is empty when the list clears the search', async () => {
  searched = []
  render(<Searching />)
  type('Суми')
  await waitFor(() => expect(searched).toEqual(['Суми']))
  fireEvent.click(screen.getByRole('button'))
  expect(screen.getByRole('textbox')).toHaveValue('')
})
