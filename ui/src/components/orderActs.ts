import {
  type Icon,
  IconArrowBackUp,
  IconBan,
  IconCircleCheck,
  IconMapPin,
  IconTrash,
} from '@tabler/icons-react'
import type { Action } from '@/protocol/protocol'

/** How each action looks, its key, and its name in the address of the order page (`?do=`). */
export const acts: Record<Action, { icon: Icon; keys?: string; address: string; danger?: boolean }> = {
  change_location: { icon: IconMapPin, keys: 'F6', address: 'place' },
  complete: { icon: IconCircleCheck, address: 'complete' },
  cancel: { icon: IconBan, keys: 'Delete', address: 'cancel', danger: true },
  delete: { icon: IconTrash, address: 'delete', danger: true },
  undo: { icon: IconArrowBackUp, address: 'undo' },
}
