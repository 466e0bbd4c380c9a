import { useTranslation } from 'react-i18next'
import { StatusChange } from '@/components/StatusChange'
import { StatusChip } from '@/components/StatusChip'
import type { Order, Status } from '@/protocol/protocol'
import css from './PlaceDrawer.module.css'
import type { EditorState } from './usePlaceEditor'

interface Props {
  state: EditorState
  /** As it is now, whoever changed it. */
  order: Order
  /** The status that the place in the field leads to. */
  after: Status | undefined
  /** The place was given and its outcome is not known. */
  busy: boolean
}

/** Above the foot of the drawer: what saving will do. Without the lock there is nothing to promise; it says how the parcel stands. */
export function PlaceOutcome({ state, order, after, busy }: Props) {
  const { t } = useTranslation('order')
  if (!busy && (state.is === 'lost' || state.is === 'refused')) {
    return (
      <>
        <p className={css.outcomeTitle}>{t(state.is === 'lost' ? 'place.notSaved' : 'place.notNow')}</p>
        <p className={css.outcomeLine}>
          <StatusChip status={order.status} /> {[order.location.city, order.location.street].join(', ')}
        </p>
        <p className={css.outcomeHint}>{t('place.standsNow')}</p>
      </>
    )
  }
  return (
    <>
      <p className={css.outcomeTitle}>{t('place.after')}</p>
      {after === undefined && <p className={css.outcomeHint}>{t('place.afterUnknown')}</p>}
      {after !== undefined && (
        <p className={css.outcomeLine}>
          {after === order.status ? (
            <>
              <StatusChip status={order.status} /> {t('place.stays')}
            </>
          ) : (
            <StatusChange before={order.status} after={after} />
          )}
        </p>
      )}
      {after === 'delivered' && order.status !== 'delivered' && (
        <p className={css.outcomeHint}>{t('place.tells')}</p>
      )}
    </>
  )
}
