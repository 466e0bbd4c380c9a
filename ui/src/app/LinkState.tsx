import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useConnection } from '@/lib/connection'
import { clock, count } from '@/lib/format'
import css from './StatusBar.module.css'

const PROOF_MS = 8000

/** ● Live, ◐ Catching up (37), ○ Offline since 14:02; after a break for a while the proof that nothing was missed. */
export function LinkState() {
  const { t } = useTranslation()
  const link = useConnection((now) => now.link)
  const [proofOver, setProofOver] = useState<typeof link>()
  useEffect(() => {
    const timer = setTimeout(() => setProofOver(link), PROOF_MS)
    return () => clearTimeout(timer)
  }, [link])
  const words = () => {
    switch (link.state) {
      case 'live':
        return link.caught_up > 0 && proofOver !== link
          ? t('link.caughtUp', { count: link.caught_up })
          : t('link.live')
      case 'catching_up':
        return t('link.catchingUp', { missing: count(link.missing) })
      case 'offline':
        return t('link.offline', { time: clock(link.since) })
      case 'no_server':
        return t('link.noServer')
      case 'signed_out':
        return t('link.signedOut')
    }
  }
  return (
    <span className={css.link} role="status">
      <span className={css.dot} data-state={link.state} />
      {words()}
    </span>
  )
}
