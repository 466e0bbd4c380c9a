import { useTranslation } from 'react-i18next'
import { KeyHint } from '@/components/KeyHint'
import { acts } from '@/components/orderActs'
import { Panel } from '@/components/Panel'
import { isMine, useLock, useSession } from '@/lib/connection'
import { useProblemSentences } from '@/lib/problem'
import type { Action, OrderDetails } from '@/protocol/protocol'
import css from './OrderScreen.module.css'

/** What can be done now; what cannot stays in sight with its reason. */
export function OrderActs({ details, onAct }: { details: OrderDetails; onAct: (action: Action) => void }) {
  const { t } = useTranslation('order')
  const { refusal: why } = useProblemSentences()
  const session = useSession()
  const lock = useLock(details.order.ttn)
  const held = lock && !isMine(lock, session) ? lock.holder.name : undefined
  const waits = (who: string, action: Action, withReason: boolean) => {
    if (action === 'change_location') return t('act.askIt', { who })
    return t(withReason ? 'act.waitsForLockReason' : 'act.waitsForLock')
  }
  return (
    <Panel title={t('acts.title')} flush>
      <ul className={css.acts}>
        {details.actions.map(({ action, allowed, refusal, detail, reason_required }) => {
          const { icon: IconOf, keys } = acts[action]
          const reason =
            allowed && held ? waits(held, action, reason_required) : refusal && why(refusal, detail)
          const can = allowed && !held
          return (
            <li key={action}>
              <button
                type="button"
                className={css.act}
                disabled={!can}
                onClick={() => onAct(action)}
                data-testid={`act-${action}`}
              >
                <IconOf size={16} stroke={1.8} aria-hidden />
                <span className={css.actWords}>
                  <b>{t(`act.${action}`)}</b>
                  {!can && reason && <span>{reason}</span>}
                </span>
                {keys && <KeyHint keys={keys} />}
              </button>
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
