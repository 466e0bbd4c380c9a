import { useDebouncedValue } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { KeyHint } from '@/components/KeyHint'
import { OrderRoute } from '@/components/OrderRoute'
import { OrderTimeline, withoutPassedStates } from '@/components/OrderTimeline'
import { PaneMissing } from '@/components/PaneMissing'
import { PartyLines } from '@/components/PartyLines'
import { Skeleton } from '@/components/Skeleton'
import css from './Preview.module.css'
import { PreviewActs } from './PreviewActs'
import { PreviewCargo } from './PreviewCargo'
import { PreviewHead } from './PreviewHead'
import { useOrder } from './useOrder'

/** Holding an arrow key down must not ask for every order it runs over. */
const PASSING_MS = 120

/** The chosen order beside the list: route, acts, parties, history. */
export function Preview({ ttn: chosen }: { ttn: string }) {
  const { t } = useTranslation('orders')
  const { t: told } = useTranslation('timeline')
  const navigate = useNavigate()
  const [ttn] = useDebouncedValue(chosen, PASSING_MS)
  const { data, error } = useOrder(ttn)
  const details = ttn === chosen ? data : undefined
  return (
    <>
      <div className={css.top}>
        <PreviewHead ttn={chosen} details={details} />
        {details && (
          <>
            <OrderRoute order={details.order} />
            <PreviewActs details={details} />
          </>
        )}
      </div>
      {!details && error && ttn === chosen && <PaneMissing title={t('preview.failed')} error={error} />}
      {!details && !error && <Skeleton rows={7} rowHeight={34} />}
      {details && (
        <>
          <section className={css.part}>
            <PartyLines order={details.order} />
          </section>
          <PreviewCargo order={details.order} />
          <section className={css.history}>
            <header className={css.historyHead}>
              <h2>{told('title')}</h2>
              <span className={css.meta}>
                {told('events', { count: withoutPassedStates(details.timeline).length })} ·{' '}
                <button type="button" className={css.all} onClick={() => navigate(`/orders/${ttn}`)}>
                  {told('openAll')} <KeyHint keys="Enter" />
                </button>
              </span>
            </header>
            <OrderTimeline entries={details.timeline} />
          </section>
        </>
      )}
    </>
  )
}
