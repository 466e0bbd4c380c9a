import { useNavigate } from 'react-router'
import { core } from '@/lib/platform'
import type { OrderDraft, PendingCommand } from '@/protocol/protocol'

/** What the registration is opened with when an order comes back to be corrected. */
export interface EditAgain {
  commandId: string
  order: OrderDraft
}

/** Brings a registration that was refused back into the form: what was typed is not lost. */
export function useEditAgain(): (command: PendingCommand) => void {
  const navigate = useNavigate()
  return ({ command_id: commandId, order }) => {
    if (!order) return
    navigate('/register', { state: { commandId, order } satisfies EditAgain })
    // Only fails when it is gone already.
    void core.dismiss(commandId).catch(() => undefined)
  }
}
