import { useEffect } from 'react'
import { useSession } from '@/lib/connection'
import { useLivePages } from '@/lib/usePagedList'
import { messagePages } from './messagePages'
import { messagePlace } from './view'

/** Keeps every loaded list of messages up to date, also while another screen is shown. */
export function useLiveMessages(): void {
  const id = useSession()?.id

  // biome-ignore lint/correctness/useExhaustiveDependencies: another session begins at the top of the list
  useEffect(() => messagePlace.forget, [id])

  useLivePages(messagePages)
}
