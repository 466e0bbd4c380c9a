import { IconMapPin } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Button } from '@/components/Button'
import { lockDoing } from '@/components/lockWords'
import { acts } from '@/components/orderActs'
import { isMine, useLock, useSession } from '@/lib/connection'
import { clockSeconds } from '@/lib/format'
import type { Action, OrderDetails } from '@/protocol/protocol'
import css from './Preview.module.css'

/** What can be done with the order now: the two nearest; the head's menu has all of them. */
export function PreviewActs({ details }: { details: OrderDetails }) {
  const { t } = useTranslation('orders')
  const { t: word } = useTranslation()
  const navigate = useNavigate()
  const session = useSession()
  const { ttn } = details.order
  const lock = useLock(ttn)
  const open = (action: Action) => navigate(`/orders/${ttn}?do=${acts[action].address}`)

  const second =
    details.actions.find(({ action, allowed }) => allowed && (action === 'complete' || action === 'undo')) ??
    details.actions.find(({ action, allowed }) => allowed && action === 'cancel')
  const place = details.actions.find(({ action }) => action === 'change_location')
  return (
    <>
      {lock && !isMine(lock, session) && (
        <p className={css.held}>
          {word('lock.title', {
            who: lock.holder.name,
            station: lock.holder.station,
            time: clockSeconds(lock.holder.since),
            what: word(lockDoing[lock.holder.purpose]),
          })}
        </p>
      )}
      <div className={css.acts}>
        <Button
          look="soft"
          icon={IconMapPin}
          keys="F6"
          disabled={!place?.allowed}
          onClick={() => open('change_location')}
        >
          {t('act.change_location')}
        </Button>
        {second && (
          <Button
            icon={acts[second.action].icon}
            keys={acts[second.action].keys}
            look={acts[second.action].danger ? 'danger' : 'plain'}
            outlined
            onClick={() => open(second.action)}
          >
            {t(`act.${second.action}`)}
          </Button>
        )}
      </div>
    </>
  )
}
