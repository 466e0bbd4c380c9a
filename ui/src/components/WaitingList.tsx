import {
  IconAlertTriangle,
  IconArrowRight,
  IconCircleCheck,
  IconClock,
  IconPencil,
  IconSend,
  IconTrash,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { StatusChange } from '@/components/StatusChange'
import { Ttn } from '@/components/Ttn'
import { useConnection } from '@/lib/connection'
import { stamp } from '@/lib/format'
import { core } from '@/lib/platform'
import { useProblemSentences } from '@/lib/problem'
import { useRow } from '@/lib/rows'
import type { PendingCommand, Status } from '@/protocol/protocol'
import css from './WaitingList.module.css'

const KNOWN = [
  'orders.create',
  'orders.change_location',
  'orders.set_places',
  'orders.complete',
  'orders.cancel',
  'orders.delete',
  'orders.undo',
  'messages.resend',
  'messages.correct_number',
  'messages.mark_told',
  'templates.set',
  'templates.reset',
] as const

const RESULT: Record<string, Status | undefined> = {
  'orders.complete': 'completed',
  'orders.cancel': 'canceled',
}

interface Props {
  /** Brings a registration that was refused back into the form. */
  onEdit: (command: PendingCommand) => void
}

/** What was given at this desktop: what waits, in the order in which it goes out, and how the rest ended. */
export function WaitingList({ onEdit }: Props) {
  const pending = useConnection((now) => now.pending)
  const ended = useConnection((now) => now.ended)
  return (
    <ol data-testid="waiting-list">
      {pending.map((command, index) => (
        <Command key={command.command_id} command={command} number={index + 1} onEdit={onEdit} />
      ))}
      {ended.map((command) => (
        <Command key={command.command_id} command={command} onEdit={onEdit} />
      ))}
    </ol>
  )
}

function Command({ command, number, onEdit }: Props & { command: PendingCommand; number?: number }) {
  const { t } = useTranslation('orders')
  const row = useRow(command.ttn)?.row
  const known = KNOWN.find((name) => name === command.method)
  const after = RESULT[command.method]
  const { order, place } = command
  return (
    <li className={css.item} data-testid="waiting-command" data-progress={command.progress.is}>
      <div className={css.line}>
        <b>
          {number !== undefined && `${number}. `}
          {known ? t(`queue.${known}`) : t('queue.other')}
        </b>
        <time>{stamp(command.since, Date.now(), true)}</time>
      </div>
      {command.ttn && <Ttn value={command.ttn} size="line" />}
      {order && (
        <p className={css.what}>
          {order.description} <IconArrowRight size={13} stroke={2} aria-hidden /> {order.recipient.name},{' '}
          {order.recipient.city}
        </p>
      )}
      {place && (
        <p className={css.what}>
          {row && `${row.location.city}, ${row.location.street} `}
          <IconArrowRight size={13} stroke={2} aria-hidden />{' '}
          <b>
            {place.city}, {place.street}
          </b>
        </p>
      )}
      {row && after && number !== undefined && <StatusChange before={row.status} after={after} />}
      <How command={command} onEdit={onEdit} />
    </li>
  )
}

/** How far it is, and what can be done about it. */
function How({ command, onEdit }: Props & { command: PendingCommand }) {
  const { t } = useTranslation('orders')
  const { problem: sentence } = useProblemSentences()
  const { command_id: id, progress, order } = command
  // Both only fail when the command ended in this very moment; the list then shows how.
  const withdraw = () => void core.withdraw(id).catch(() => undefined)
  const dismiss = () => void core.dismiss(id).catch(() => undefined)
  switch (progress.is) {
    case 'unsent':
      return (
        <div className={css.how}>
          <span>
            <IconClock size={15} stroke={1.9} aria-hidden /> {t('queue.is.unsent')}
          </span>
          <Button look="danger" size="sm" icon={IconTrash} onClick={withdraw} data-testid="waiting-withdraw">
            {t('queue.withdraw')}
          </Button>
        </div>
      )
    case 'sent':
    case 'accepted':
      return (
        <div className={css.how}>
          <span>
            <IconSend size={15} stroke={1.9} aria-hidden /> {t(`queue.is.${progress.is}`)}
          </span>
        </div>
      )
    case 'done':
      return (
        <div className={css.how} data-tone="done">
          <span>
            <IconCircleCheck size={15} stroke={1.9} aria-hidden /> {t('queue.is.done')}
          </span>
          <Button look="ghost" size="sm" onClick={dismiss} data-testid="waiting-dismiss">
            {t('queue.dismiss')}
          </Button>
        </div>
      )
    case 'refused':
      return (
        <div className={css.how} data-tone="refused">
          <span>
            <IconAlertTriangle size={15} stroke={1.9} aria-hidden /> {sentence(progress.problem).text}
          </span>
          {order && (
            <Button
              look="ghost"
              size="sm"
              icon={IconPencil}
              onClick={() => onEdit(command)}
              data-testid="waiting-edit"
            >
              {t('queue.edit')}
            </Button>
          )}
          <Button look="ghost" size="sm" onClick={dismiss} data-testid="waiting-dismiss">
            {t('queue.dismiss')}
          </Button>
        </div>
      )
  }
}
