import { MantineProvider } from '@mantine/core'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { listenToKeys } from '@/lib/keys'
import { MenuButton } from './MenuButton'

it('a refused act stays in sight with its reason and does nothing; Esc closes the menu and leaves the screen alone', async () => {
  const back = vi.fn()
  const stop = listenToKeys('screen', () => ({ Escape: back }))
  const cancel = vi.fn()
  const user = userEvent.setup()
  render(
    <MantineProvider>
      <MenuButton
        target={<button type="button">more</button>}
        entries={[{ id: 'cancel', label: 'Cancel', refusal: 'Needs the role Supervisor', onPress: cancel }]}
      />
    </MantineProvider>,
  )
  await user.click(screen.getByText('more'))
  await user.click(await screen.findByText('Needs the role Supervisor'))
  expect(cancel).not.toHaveBeenCalled()
  await user.keyboard('{Escape}')
  await waitFor(() => expect(screen.queryByText('Cancel')).toBeNull())
  expect(back).not.toHaveBeenCalled()
  await user.keyboard('{Escape}')
  expect(back).toHaveBeenCalledTimes(1)
  stop()
})
