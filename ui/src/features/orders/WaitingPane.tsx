import { IconCheck, IconClock, IconCloudOff, IconShieldCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { StatusChange } from '@/components/StatusChange'
import { Ttn } from '@/components/Ttn'
import { useConnection } from '@/lib/connection'
import { clockSeconds } from '@/lib/format'
import { useRow } from '@/lib/rows'
import type { PendingCommand, Status } from '@/protocol/protocol'
import css from './WaitingPane.module.css'

const KNOWN = [
  'orders.create',
  'orders.change_location',
  'orders.set_places',
  'orders.complete',
  'orders.cancel',
  'orders.delete',
  'orders.undo',
] as const

const RESULT: Record<string, Status | undefined> = {
  'orders.complete': 'completed',
  'orders.cancel': 'canceled',
}

/** What waits for the link to come back, in the order in which it will be sent, and what works meanwhile. */
export function WaitingPane() {
  const { t } = useTranslation('orders')
  const pending = useConnection((now) => now.pending)
  return (
    <>
      <header className={css.head}>
        <IconClock size={17} stroke={1.8} aria-hidden />
        <h2>{t('queue.title')}</h2>
        <span className={css.count}>{pending.length}</span>
      </header>
      <ol>
        {pending.map((command, index) => (
          <Waiting key={command.command_id} command={command} number={index + 1} />
        ))}
      </ol>
      <p className={css.once}>
        <IconShieldCheck size={18} stroke={1.7} aria-hidden />
        <span>
          <b>{t('queue.onceTitle')}</b> {t('queue.once')}
        </span>
      </p>
      <section className={css.without}>
        <h3>{t('queue.without')}</h3>
        <ul>
          <li>
            <IconCheck size={16} stroke={2} aria-hidden /> {t('queue.read')}
          </li>
          <li>
            <IconCheck size={16} stroke={2} aria-hidden /> {t('queue.fill')}
          </li>
          <li data-not>
            <IconCloudOff size={16} stroke={1.8} aria-hidden /> {t('queue.not')}{' '}
            <small>{t('queue.notAvailable')}</small>
          </li>
        </ul>
      </section>
    </>
  )
}

function Waiting({ command, number }: { command: PendingCommand; number: number }) {
  const { t } = useTranslation('orders')
  const row = useRow(command.ttn)?.row
  const known = KNOWN.find((name) => name === command.method)
  const after = RESULT[command.method]
  return (
    <li className={css.item}>
      <div className={css.line}>
        <b>
          {number}. {known ? t(`queue.${known}`) : t('queue.other')}
        </b>
        <time>{clockSeconds(command.since)}</time>
      </div>
      {command.ttn && <Ttn value={command.ttn} size="line" />}
      {row && after && <StatusChange before={row.status} after={after} />}
    </li>
  )
}
