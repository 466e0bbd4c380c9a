import { useState } from 'react'
import { ConnectScreen } from '@/features/session/ConnectScreen'
import { useKeys } from '@/lib/keys'
import { HelpDialog } from './HelpDialog'

/** The sign-in, with the help that every screen has. */
export function Welcome() {
  const [help, setHelp] = useState(false)
  useKeys('frame', { F1: () => setHelp(true) })
  return (
    <>
      <ConnectScreen onHelp={() => setHelp(true)} />
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </>
  )
}
