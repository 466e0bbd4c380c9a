import {
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconLock,
  IconMapPinCheck,
  IconPackage,
  IconTruckDelivery,
} from '@tabler/icons-react'

/** What a chip or a tab can show: the five statuses, the view "problem", and "locked". */
export type StatusView = 'new' | 'delivering' | 'delivered' | 'completed' | 'canceled' | 'problem' | 'locked'

/** The icon of each status. */
export const statusIcon = {
  new: IconPackage,
  delivering: IconTruckDelivery,
  delivered: IconMapPinCheck,
  completed: IconCircleCheck,
  canceled: IconBan,
  problem: IconAlertTriangle,
  locked: IconLock,
} as const satisfies Record<StatusView, typeof IconLock>
