import { useTranslation } from 'react-i18next'
import { LockBanner } from '@/components/LockBanner'
import { isMine, useLock, useSession } from '@/lib/connection'
import { clockSeconds } from '@/lib/format'

/** Who is editing the order now: everybody sees it at once. */
export function OrderLock({ ttn }: { ttn: string }) {
  const { t } = useTranslation()
  const session = useSession()
  const lock = useLock(ttn)
  if (!lock) return null
  const time = clockSeconds(lock.holder.since)
  if (isMine(lock, session)) {
    return <LockBanner mine title={t('lock.mine', { time })} text={`· ${t('lock.mineHint')}`} />
  }
  const what = t(lock.holder.purpose === 'edit_place' ? 'lock.editing' : 'lock.command')
  return (
    <div data-testid="lock-banner">
      <LockBanner
        title={t('lock.title', { who: lock.holder.name, station: lock.holder.station, time, what })}
        text={t('lock.worksMeanwhile')}
      />
    </div>
  )
}
