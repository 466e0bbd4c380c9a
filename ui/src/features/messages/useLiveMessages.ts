import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useSession } from '@/lib/connection'
import { hearChanges } from '@/lib/live'
import type { LoadedMessages } from './list'
import { messagePages } from './messagePages'
import { type MessagesView, messagePlace } from './view'

/** Keeps every loaded list of messages up to date, also while another screen is shown. */
export function useLiveMessages(): void {
  const queries = useQueryClient()
  const session = useSession()
  const id = session?.id

  // biome-ignore lint/correctness/useExhaustiveDependencies: another session begins at the top of the list
  useEffect(() => messagePlace.forget, [id])

  useEffect(
    () =>
      hearChanges((changes) => {
        for (const [key] of queries.getQueriesData<LoadedMessages>({ queryKey: ['messages'] })) {
          const view = key[1] as MessagesView
          queries.setQueryData<LoadedMessages>(key, (list) => list && messagePages.after(list, changes, view))
        }
      }),
    [queries],
  )
}
