import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { startTexts } from '@/i18n/i18n'
import { listenToKeys } from '@/lib/keys'
import { ConfirmDialog } from './ConfirmDialog'

it('goes on only with a reason where one is required, hears Ctrl+Enter and Esc, and keeps them from the screen', async () => {
  startTexts('en')
  const screenHears = vi.fn()
  const stop = listenToKeys('screen', () => ({ Escape: screenHears, 'Ctrl+Enter': screenHears }))
  const confirm = vi.fn()
  const close = vi.fn()
  const user = userEvent.setup()
  render(
    <MantineProvider>
      <ConfirmDialog
        title="Cancel the parcel?"
        act="Cancel it"
        danger
        reason="required"
        onConfirm={confirm}
        onClose={close}
      >
        It stays in the history.
      </ConfirmDialog>
    </MantineProvider>,
  )
  await user.click(await screen.findByLabelText('Reason'))
  await user.keyboard('{Control>}{Enter}{/Control}')
  expect(confirm).not.toHaveBeenCalled()
  expect(screen.getByText('A reason is needed')).toBeVisible()
  expect(screen.getByLabelText('Reason')).toBeInvalid()
  await user.keyboard('  sender came back ')
  await user.keyboard('{Control>}{Enter}{/Control}')
  expect(confirm).toHaveBeenCalledWith('sender came back')
  await user.keyboard('{Escape}')
  expect(close).toHaveBeenCalledTimes(1)
  expect(screenHears).not.toHaveBeenCalled()
  stop()
})
