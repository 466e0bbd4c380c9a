import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmDialog } from '@/components/ConfirmDialog'
import { acts } from '@/components/orderActs'
import { StatusChange } from '@/components/StatusChange'
import { Ttn } from '@/components/Ttn'
import { useConnection } from '@/lib/connection'
import { useHeldKeys } from '@/lib/heldKeys'
import { type ChangeMethod, core } from '@/lib/platform'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { Action, OrderDetails, Problem, Status } from '@/protocol/protocol'

/** Changes that are asked about in a dialog. */
export type AskedAction = Exclude<Action, 'change_location'>

const method: Record<AskedAction, ChangeMethod> = {
  complete: 'orders.complete',
  cancel: 'orders.cancel',
  delete: 'orders.delete',
  undo: 'orders.undo',
}

const after: Partial<Record<AskedAction, Status>> = { complete: 'completed', cancel: 'canceled' }

interface Props {
  details: OrderDetails
  action: AskedAction
  onClose: () => void
  /** It was done. */
  onDone: () => void
}

/** Asks, gives the command to the server, and waits for its outcome; a refusal keeps the dialog and says why. */
export function ChangeDialog({ details, action, onClose, onDone }: Props) {
  const { t } = useTranslation('order')
  const { problem: sentence } = useProblemSentences()
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const live = useConnection((now) => now.link.state === 'live')
  // Without a link the outcome may be far away, and the clerk goes on elsewhere.
  useHeldKeys(busy && live, { escape: 'waits', failed: problem !== undefined })
  const { order } = details
  const rule = details.actions.find((state) => state.action === action)
  const asks = action === 'complete' ? 'none' : rule?.reason_required ? 'required' : 'optional'
  const then = action === 'undo' ? order.status_before_final : after[action]

  const confirm = async (reason: string) => {
    setBusy(true)
    setProblem(undefined)
    try {
      const command = { command_id: await core.newCommandId(), ttn: order.ttn }
      const outcome =
        action === 'complete'
          ? await core.submit('orders.complete', command)
          : await core.submit(method[action], { ...command, reason } as never)
      if (!outcome.problem) return onDone()
      setProblem(outcome.problem)
    } catch (thrown) {
      setProblem(asProblem(thrown))
    }
    setBusy(false)
  }

  return (
    <ConfirmDialog
      title={t(`confirm.${action}`)}
      act={t(`act.${action}`)}
      danger={acts[action].danger}
      reason={asks}
      problem={problem && sentence(problem).text}
      busy={busy}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <p>
        <Ttn value={order.ttn} size="line" /> · {order.description}
      </p>
      {then && <StatusChange before={order.status} after={then} />}
      <p>{t(`confirm.${action}Text`)}</p>
    </ConfirmDialog>
  )
}
