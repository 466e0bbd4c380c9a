import { IconLock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNow } from '@/lib/clock'
import { age, NO_BREAK } from '@/lib/format'
import type { LockPurpose } from '@/protocol/protocol'
import css from './LockChip.module.css'
import { lockDoing } from './lockWords'

interface Props {
  purpose: LockPurpose
  /** This session's own: nobody is shown as locked out by themselves. */
  mine?: boolean
  /** Unix ms by the server's clock. */
  since: number
  /** Wide grids name the station too. */
  station?: string
}

/** Somebody is editing: what and for how long. The age counts up in place and its width is fixed. */
export function LockChip({ purpose, since, station, mine = false }: Props) {
  const { t } = useTranslation()
  const now = useNow()
  const own = purpose === 'reserved' ? 'lock.keptForYou' : 'lock.youEdit'
  const doing = t(mine ? own : lockDoing[purpose])
  const words = station && !mine ? [t('lock.station', { station }), doing] : [doing]
  return (
    <span className={css.chip}>
      <IconLock size={13} stroke={2} aria-hidden />
      {words.join(' · ')}
      {`${NO_BREAK}·${NO_BREAK}`}
      {age(now - since)}
    </span>
  )
}
