import { useTranslation } from 'react-i18next'
import { useNow } from '@/lib/clock'
import { stamp, useFormat } from '@/lib/format'
import { useGateway } from '@/lib/gateway'
import css from './GatewayState.module.css'

/** After so long without a message nothing is claimed of the present. */
const FRESH_MS = 15 * 60_000

/** Whether the gateway takes messages, and how soon it took the last one. */
export function GatewayState() {
  const { t } = useTranslation('messages')
  const { t: told } = useTranslation('timeline')
  const { seconds } = useFormat()
  const now = useNow()
  const gateway = useGateway(now)
  if (!gateway) return null
  if (gateway.is === 'held_up') {
    const since = t('gateway.heldUp', { time: stamp(gateway.since, now) })
    return (
      <State is="held_up">{gateway.reason ? `${since} · ${told(`why.${gateway.reason}`)}` : since}</State>
    )
  }
  const took = seconds(gateway.ms)
  if (now - gateway.at < FRESH_MS) return <State is="answering">{t('gateway.answering', { took })}</State>
  return <State is="quiet">{t('gateway.quiet', { time: stamp(gateway.at, now), took })}</State>
}

function State({ is, children }: { is: 'answering' | 'held_up' | 'quiet'; children: string }) {
  return (
    <span className={css.state} data-state={is} data-testid="gateway">
      <span className={css.dot} aria-hidden />
      {children}
    </span>
  )
}
