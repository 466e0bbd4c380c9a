import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { core } from '@/lib/platform'
import { takePage } from '@/lib/rows'
import { firstPage, type LoadedList, ttnsOf, withPage } from './list'
import type { ListView } from './view'

/** Rows asked for at once: a tall screen holds about 35. */
const PAGE = 100

/** Key of a list in the cache. */
export const listKey = (view: ListView) => ['orders', view] as const

async function load(view: ListView, after?: string) {
  const { search, ...rest } = view
  const page = await core.request('orders.list', {
    ...rest,
    ...(search ? { search } : {}),
    ...(after ? { after } : {}),
    limit: PAGE,
  })
  takePage(page.rows)
  return page
}

async function loadMore(queries: QueryClient, view: ListView): Promise<void> {
  const after = queries.getQueryData<LoadedList>(listKey(view))?.pages.at(-1)?.next
  if (!after) return
  const page = await load(view, after)
  queries.setQueryData<LoadedList>(listKey(view), (list) =>
    // Loaded anew meanwhile: this page would not join on.
    list?.pages.at(-1)?.next === after ? withPage(list, page) : list,
  )
}

/** Loads a list from its top down to where it was loaded before, so that a "resync" moves nobody's scroll position. */
async function loadAgain(queries: QueryClient, view: ListView): Promise<LoadedList> {
  const pages = queries.getQueryData<LoadedList>(listKey(view))?.pages.length ?? 1
  let list = firstPage(await load(view))
  for (let page = 1; page < pages; page += 1) {
    const after = list.pages.at(-1)?.next
    if (!after) break
    list = withPage(list, await load(view, after))
  }
  return list
}

/** The list of a view, and how to get more of it. */
export function useOrderList(view: ListView) {
  const queries = useQueryClient()
  const [more, setMore] = useState<'idle' | 'loading' | 'failed'>('idle')
  const query = useQuery({
    queryKey: listKey(view),
    queryFn: () => loadAgain(queries, view),
    placeholderData: keepPreviousData,
  })
  const list = query.data
  return {
    list,
    ttns: ttnsOf(list),
    /** True while another view's rows are still shown in place of this one's. */
    changing: query.isPlaceholderData,
    loading: query.isPending,
    error: query.error,
    hasMore: Boolean(list?.pages.at(-1)?.next),
    /** Loads again the first page only; new orders come in at the top. */
    reload: () => {
      queries.setQueryData<LoadedList>(
        listKey(view),
        (before) => before && { ...before, pages: before.pages.slice(0, 1) },
      )
      return query.refetch()
    },
    loadMore: () => {
      if (more === 'loading' || query.isPlaceholderData) return
      setMore('loading')
      loadMore(queries, view).then(
        () => setMore('idle'),
        () => setMore('failed'),
      )
    },
    moreFailed: more === 'failed',
  }
}
