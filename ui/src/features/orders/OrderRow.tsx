import { IconSquare, IconSquareCheckFilled } from '@tabler/icons-react'
import { type MouseEvent, memo } from 'react'
import { useTranslation } from 'react-i18next'
import { CellText, GridCell, GridRow, type RowPlace, tints } from '@/components/GridRow'
import { LockChip } from '@/components/LockChip'
import { SmsTicks } from '@/components/SmsTicks'
import { StatusChip } from '@/components/StatusChip'
import { Ttn } from '@/components/Ttn'
import { useNow } from '@/lib/clock'
import { isMine, useConnection, useLock, useSession } from '@/lib/connection'
import { clockOrDay, stamp } from '@/lib/format'
import { useRow } from '@/lib/rows'
import { isProblem } from './belongs'
import css from './OrderRow.module.css'
import { PendingChip } from './PendingChip'

/** Letters of a city that fit into its column on one line. */
const LONG_CITY = 16

interface Props extends RowPlace {
  ttn: string
  wide: boolean
  /** Orders are being marked: a box stands before the TTN. */
  marking: boolean
  selected: boolean
  onPress: (ttn: string, event: MouseEvent) => void
  onOpen: (ttn: string) => void
}

/** One order of the list. */
export const OrderRow = memo(function OrderRow({ ttn, wide, marking, onPress, onOpen, ...place }: Props) {
  const { t } = useTranslation('orders')
  const known = useRow(ttn)
  const lock = useLock(ttn)
  const session = useSession()
  const pending = useConnection((now) => now.pending.find((command) => command.ttn === ttn))
  const now = useNow(60_000)
  if (!known) return null
  const { row, deleted } = known
  const { key, tinted } = tints(known)
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
  const gone = deleted ? css.deleted : undefined
  return (
    <GridRow
      {...place}
      id={`row-${ttn}`}
      data-deleted={deleted || undefined}
      onPress={(event) => onPress(ttn, event)}
      onOpen={() => onOpen(ttn)}
    >
      <GridCell>
        {marking && (
          <span className={css.mark} data-mark>
            {place.selected ? (
              <IconSquareCheckFilled size={16} aria-hidden />
            ) : (
              <IconSquare size={16} stroke={1.7} aria-hidden />
            )}
          </span>
        )}
        <Ttn value={ttn} />
      </GridCell>
      <GridCell key={key('status')} tinted={tinted('status')}>
        {deleted ? (
          <span className={css.gone}>{t('deleted')}</span>
        ) : (
          <StatusChip
            look="bare"
            status={row.sms === 'failed' && isProblem(row.status, row.sms) ? 'problem' : row.status}
          />
        )}
      </GridCell>
      <GridCell weak>
        {(!wide && chip) || (
          <CellText>
            <span className={gone}>{row.description}</span>
          </CellText>
        )}
      </GridCell>
      <GridCell key={key('location')} tinted={tinted('location')}>
        <CellText title={`${row.location.city}, ${row.location.street}`}>
          <span className={`${css.where} ${gone ?? ''}`}>
            <b>{row.location.city}</b>
            {row.location.street && <span className={css.street}>, {row.location.street}</span>}
          </span>
        </CellText>
      </GridCell>
      <GridCell column="to">
        <span className={css.city} data-long={row.recipient_city.length > LONG_CITY || undefined}>
          {row.recipient_city}
        </span>
      </GridCell>
      <GridCell weak>{wide ? stamp(row.updated_at, now) : clockOrDay(row.updated_at, now)}</GridCell>
      <GridCell key={key('sms')} tinted={tinted('sms')}>
        <SmsTicks state={row.sms} withWord={wide} />
      </GridCell>
      {wide && <GridCell>{chip}</GridCell>}
    </GridRow>
  )
})
