import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useSession } from '@/lib/connection'
import { hearChanges } from '@/lib/live'
import { core } from '@/lib/platform'
import { rows } from '@/lib/rows'
import { smsWaiting } from '@/lib/smsWaiting'
import type { OrderCounts } from '@/protocol/protocol'
import { countsAfter } from './counts'
import { type LoadedList, listAfter } from './list'
import { forgetPlace, type ListView } from './view'

interface Figures {
  counts: OrderCounts | undefined
  sequence: number
}

/** Keeps every loaded list, and the figures of the status bar, up to date, also while another screen is shown. */
export function useLiveLists(): void {
  const queries = useQueryClient()
  const session = useSession()
  const branch = session?.branch.id
  const id = session?.id

  const figures = useQuery({
    queryKey: ['figures', branch],
    enabled: branch !== undefined,
    queryFn: async (): Promise<Figures> => {
      const view = { tab: 'all', scope: 'my_branch', sort: 'updated', direction: 'descending' } as const
      const page = await core.request('orders.list', { ...view, limit: 1 })
      return { counts: page.counts, sequence: page.sequence }
    },
  })
  const waiting = figures.data?.counts?.sms_waiting
  useEffect(() => smsWaiting.set(waiting), [waiting])

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
      queries.setQueryData<Figures>(['figures', branch], (before) => {
        if (!before?.counts) return before
        const later = changes.filter((change) => change.sequence > before.sequence)
        const own = later.filter(
          (change) => (change.row ?? rows.get().get(change.ttn)?.row)?.branch === branch,
        )
        return {
          counts: own.reduce(countsAfter, before.counts),
          sequence: later.at(-1)?.sequence ?? before.sequence,
        }
      })
    })
  }, [queries, branch])
}
