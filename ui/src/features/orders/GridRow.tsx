import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { LockChip } from '@/components/LockChip'
import { SmsTicks } from '@/components/SmsTicks'
import { StatusChip } from '@/components/StatusChip'
import { Ttn } from '@/components/Ttn'
import { useNow } from '@/lib/clock'
import { isMine, useConnection, useLock, useSession } from '@/lib/connection'
import { clockOrDay, stamp } from '@/lib/format'
import { type Cell, useRow } from '@/lib/rows'
import { isProblem } from './belongs'
import { GridCell } from './GridCell'
import css from './GridRow.module.css'
import { PendingChip } from './PendingChip'

/** Letters of a city that fit into its column on one line. */
const LONG_CITY = 16

interface Props {
  ttn: string
  /** Position in the list, from 0. */
  index: number
  /** Pixels from the top of the list. */
  top: number
  wide: boolean
  selected: boolean
  onSelect: (ttn: string) => void
  onOpen: (ttn: string) => void
}

/** One order. It stays in its place whatever happens to it; a changed cell is tinted for a moment. */
export const GridRow = memo(function GridRow({ ttn, index, top, wide, selected, onSelect, onOpen }: Props) {
  const { t } = useTranslation('orders')
  const known = useRow(ttn)
  const lock = useLock(ttn)
  const session = useSession()
  const pending = useConnection((now) => now.pending.find((command) => command.ttn === ttn))
  const now = useNow(60_000)
  if (!known) return null
  const { row, changed, mark, deleted } = known

  // A new key starts the tint again when a cell changes twice in a row.
  const tint = (cell: Cell) => ({ tinted: changed.includes(cell) })
  const key = (cell: Cell) => `${cell}-${changed.includes(cell) ? mark : 0}`

  const chip = lock ? (
    <LockChip
      purpose={lock.holder.purpose}
      since={lock.holder.since}
      mine={isMine(lock, session)}
      station={wide ? lock.holder.station : undefined}
    />
  ) : (
    pending && <PendingChip method={pending.method} />
  )
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: the screen's keys choose and open rows
    <div
      id={`row-${ttn}`}
      role="row"
      className={css.row}
      style={{ transform: `translateY(${top}px)` }}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-deleted={deleted || undefined}
      onClick={() => onSelect(ttn)}
      onDoubleClick={() => onOpen(ttn)}
    >
      <GridCell>
        <Ttn value={ttn} />
      </GridCell>
      <GridCell key={key('status')} {...tint('status')}>
        {deleted ? (
          <span className={css.gone}>{t('deleted')}</span>
        ) : (
          <StatusChip
            look="bare"
            status={row.sms === 'failed' && isProblem(row.status, row.sms) ? 'problem' : row.status}
          />
        )}
      </GridCell>
      <GridCell weak>{(!wide && chip) || <span className={css.text}>{row.description}</span>}</GridCell>
      <GridCell key={key('location')} {...tint('location')}>
        <span className={css.text} title={`${row.location.city}, ${row.location.street}`}>
          <b>{row.location.city}</b>
          {row.location.street && <span className={css.street}>, {row.location.street}</span>}
        </span>
      </GridCell>
      <GridCell column="to">
        <span className={css.city} data-long={row.recipient_city.length > LONG_CITY || undefined}>
          {row.recipient_city}
        </span>
      </GridCell>
      <GridCell weak>{wide ? stamp(row.updated_at, now) : clockOrDay(row.updated_at, now)}</GridCell>
      <GridCell key={key('sms')} {...tint('sms')}>
        <SmsTicks state={row.sms} withWord={wide} />
      </GridCell>
      {wide && <GridCell>{chip}</GridCell>}
    </div>
  )
})
