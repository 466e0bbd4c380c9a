import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useSession } from '@/lib/connection'
import { hearChanges } from '@/lib/live'
import { rows } from '@/lib/rows'
import { type LoadedList, listAfter } from './list'
import { forgetPlace, type ListView } from './view'

/** Keeps every loaded list up to date, also while another screen is shown. */
export function useLiveLists(): void {
  const queries = useQueryClient()
  const session = useSession()
  const branch = session?.branch.id
  const id = session?.id

  // biome-ignore lint/correctness/useExhaustiveDependencies: another session begins at the top of the list
  useEffect(() => forgetPlace, [id])

  useEffect(() => {
    if (!branch) return
    return hearChanges((changes) => {
      for (const [key] of queries.getQueriesData<LoadedList>({ queryKey: ['orders'] })) {
        const view = key[1] as ListView
        queries.setQueryData<LoadedList>(
          key,
          (list) => list && listAfter(list, changes, view, branch, (ttn) => rows.get().get(ttn)?.row),
        )
      }
    })
  }, [queries, branch])
}
