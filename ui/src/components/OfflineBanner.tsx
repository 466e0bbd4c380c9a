import { IconRefresh } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useConnection } from '@/lib/connection'
import { clockSeconds, stamp } from '@/lib/format'
import { core } from '@/lib/platform'
import { Banner } from './Banner'
import { Button } from './Button'

/** Seconds until `until` by this desktop's clock, told again every second. */
function useSecondsUntil(until: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return Math.max(0, Math.ceil((until - now) / 1000))
}

/** Under a page head while there is no link: what is not saved, since when, and the next try. Draws nothing while there is one. */
export function OfflineBanner() {
  const { t } = useTranslation()
  const link = useConnection((now) => now.link)
  const toldAt = useConnection((now) => now.linkToldAt)
  const seconds = useSecondsUntil(link.state === 'offline' ? toldAt + link.retry_in_ms : 0)
  if (link.state !== 'offline') return null
  const time = clockSeconds(link.since)
  return (
    <Banner
      kind="offline"
      title={t('offline.title', { time })}
      text={t('offline.text', {
        time: stamp(link.as_of ?? link.since, Date.now(), true),
        seconds,
        attempt: link.attempt,
      })}
    >
      {/* A refusal to try only means that a try is under way already. */}
      <Button icon={IconRefresh} onClick={() => void core.tryNow().catch(() => undefined)}>
        {t('tryNow')}
      </Button>
    </Banner>
  )
}
