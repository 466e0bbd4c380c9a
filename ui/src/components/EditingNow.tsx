import { IconLock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useLock } from '@/lib/connection'
import { clockSeconds } from '@/lib/format'
import { TimelineItem } from './Timeline'

/** The first line of a history while somebody edits: it goes on now and is not stored. */
export function EditingNow({ ttn }: { ttn: string }) {
  const { t } = useTranslation('timeline')
  const { t: word } = useTranslation('common')
  const lock = useLock(ttn)
  if (!lock || lock.holder.purpose === 'command') return null
  const { name, station, since, purpose } = lock.holder
  return (
    <TimelineItem
      icon={IconLock}
      tone="locked"
      title={t(purpose === 'reserved' ? 'lock.nowReserved' : 'lock.now', { who: name })}
      meta={[word('lock.station', { station }), t('lock.notSaved')].join(' · ')}
      time={clockSeconds(since)}
    />
  )
}
