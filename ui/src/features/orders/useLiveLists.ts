import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useSession } from '@/lib/connection'
import { hearChanges } from '@/lib/live'
import type { LoadedList } from './list'
import { orderPages } from './orderPages'
import { forgetPlace, type ListView } from './view'

/** Keeps every loaded list up to date, also while another screen is shown. */
export function useLiveLists(): void {
  const queries = useQueryClient()
  const id = useSession()?.id

  // biome-ignore lint/correctness/useExhaustiveDependencies: another session begins at the top of the list
  useEffect(() => forgetPlace, [id])

  useEffect(
    () =>
      hearChanges((changes) => {
        for (const [key] of queries.getQueriesData<LoadedList>({ queryKey: ['orders'] })) {
          const view = key[1] as ListView
          queries.setQueryData<LoadedList>(key, (list) => list && orderPages.after(list, changes, view))
        }
      }),
    [queries],
  )
}
