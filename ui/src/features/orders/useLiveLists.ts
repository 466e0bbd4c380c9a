import { useEffect } from 'react'
import { useSession } from '@/lib/connection'
import { useLivePages } from '@/lib/usePagedList'
import { orderPages } from './orderPages'
import { forgetPlace } from './view'

/** Keeps every loaded list up to date, also while another screen is shown. */
export function useLiveLists(): void {
  const id = useSession()?.id

  // biome-ignore lint/correctness/useExhaustiveDependencies: another session begins at the top of the list
  useEffect(() => forgetPlace, [id])

  useLivePages(orderPages)
}
