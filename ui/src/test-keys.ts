import { userEvent } from '@testing-library/user-event'

// Nothing is waited for between two keys: nobody types faster.
const typist = userEvent.setup({ delay: null })

/** Presses keys as a keyboard does, without a pause: `{F3}{F3}Lviv{Enter}`. */
export const pressKeys = (keys: string) => typist.keyboard(keys.replace(/\{(F\d)\}/g, '[$1]'))

/** Something that comes when it is told to. */
export function signal() {
  let come = () => undefined as unknown
  const came = new Promise<void>((done) => {
    come = () => done()
  })
  return { came, come: () => come() }
}
