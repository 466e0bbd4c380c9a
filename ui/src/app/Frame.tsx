import { useState } from 'react'
import { Outlet, useLocation, useNavigate } from 'react-router'
import { useLiveMessages } from '@/features/messages/useLiveMessages'
import { useLiveLists } from '@/features/orders/useLiveLists'
import { useKeys } from '@/lib/keys'
import { useLiveMessageCounts } from '@/lib/messageCounts'
import { DiskTroubleBanner } from './DiskTroubleBanner'
import css from './Frame.module.css'
import { HelpDialog } from './HelpDialog'
import { LockToasts } from './LockToasts'
import { Rail } from './Rail'
import { StatusBar } from './StatusBar'
import { WaitingDialog } from './WaitingDialog'

/** The ink frame around the paper: rail at the left, status bar below. */
export function Frame() {
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const [help, setHelp] = useState(false)
  const [waiting, setWaiting] = useState(false)
  useLiveLists()
  useLiveMessages()
  useLiveMessageCounts()
  useKeys('frame', {
    F1: () => setHelp(true),
    F2: () => pathname !== '/register' && navigate('/register'),
    F3: () => navigate('/orders'),
    F9: () => pathname !== '/messages' && navigate('/messages'),
  })
  return (
    <div className={css.frame}>
      <Rail />
      <main className={css.paper}>
        <DiskTroubleBanner />
        <Outlet />
      </main>
      <StatusBar onHelp={() => setHelp(true)} onWaiting={() => setWaiting(true)} />
      <LockToasts />
      {waiting && <WaitingDialog onClose={() => setWaiting(false)} />}
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </div>
  )
}
