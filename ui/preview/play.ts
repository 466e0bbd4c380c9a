import { tell } from './core'
import { playLocks } from './locks'
import { rows } from './rows'
import { world } from './world'

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** Presses `F1`, `Ctrl+KeyD` … where the focus is. `type:text` types into the field in focus; `click:selector` clicks. */
function press(key: string): void {
  const field = document.activeElement
  if (key.startsWith('click:')) {
    document.querySelector<HTMLElement>(key.slice(6))?.click()
    return
  }
  if (key.startsWith('type:') && field instanceof HTMLInputElement) {
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set
    set?.call(field, key.slice(5))
    field.dispatchEvent(new Event('input', { bubbles: true }))
    return
  }
  const parts = key.split('+')
  const code = parts.at(-1) ?? ''
  const init = {
    code,
    key: code,
    ctrlKey: parts.includes('Ctrl'),
    altKey: parts.includes('Alt'),
    bubbles: true,
    cancelable: true,
  }
  ;(field ?? document.body).dispatchEvent(new KeyboardEvent('keydown', init))
}

/**
 * `?keys=ArrowDown|ArrowDown|F6` presses keys one after the other. Further things that happen after the screen stands:
 * `?state=busy` changes a row and registers twelve parcels.
 */
export async function play(): Promise<void> {
  const keys = new URLSearchParams(window.location.search).get('keys')
  for (const key of keys?.split('|') ?? []) {
    await wait(250)
    press(key)
  }
  await wait(250)
  await playLocks()
  if (world.state !== 'busy') return
  await wait(600)
  const row = rows[6]
  if (!row) return
  const before = { ...row }
  await tell({
    type: 'changes',
    data: {
      changes: [
        {
          sequence: 901,
          event_id: 'x1',
          ttn: row.ttn,
          kind: 'moved',
          at: row.updated_at,
          status_before: 'new',
          status_after: before.status,
          row: {
            ...before,
            location: { ...before.location, street: `${before.location.street}А` },
            version: before.version + 1,
          },
        },
        ...rows.slice(0, 12).map((source, index) => ({
          sequence: 902 + index,
          event_id: `n${index}`,
          ttn: `7${String(100000000000000 + index)}`.slice(0, 16),
          kind: 'registered' as const,
          at: source.updated_at,
          status_after: 'new' as const,
          row: {
            ...source,
            ttn: `7${String(100000000000000 + index)}`.slice(0, 16),
            status: 'new' as const,
            version: 1,
          },
        })),
      ],
    },
  })
}
