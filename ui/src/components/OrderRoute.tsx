import { useTranslation } from 'react-i18next'
import type { Location, Order } from '@/protocol/protocol'
import { RouteStrip } from './RouteStrip'

const stop = (place: Location) => ({ title: place.city, meta: place.street })

const samePlace = (a: Location, b: Location) =>
  a.city.toLocaleLowerCase() === b.city.toLocaleLowerCase() &&
  a.street.toLocaleLowerCase() === b.street.toLocaleLowerCase()

/** Which stop is the present one; the status decides where it can, because the server compared the places. */
function presentStop(order: Order): 'from' | 'now' | 'to' {
  if (order.status === 'delivered' || order.status === 'completed') return 'to'
  if (order.status === 'new' || samePlace(order.origin, order.location)) return 'from'
  return 'now'
}

/** Where an order comes from, is, and goes. */
export function OrderRoute({ order }: { order: Order }) {
  const { t } = useTranslation()
  const at = presentStop(order)
  const label = t('route.label', {
    from: order.origin.city,
    now: order.location.city,
    to: order.recipient.location.city,
  })
  return (
    <RouteStrip
      from={stop(order.origin)}
      to={stop(order.recipient.location)}
      now={at === 'now' ? stop(order.location) : undefined}
      at={at}
      label={label}
    />
  )
}
