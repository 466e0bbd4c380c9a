import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { serverNow } from '@/lib/clock'
import { startOfDay } from '@/lib/format'
import { takeMessagePage } from '@/lib/messages'
import { core } from '@/lib/platform'
import { firstPage, idsOf, type LoadedMessages, withPage } from './list'
import type { MessagesView } from './view'

/** Rows asked for at once: a tall screen holds about 30. */
const PAGE = 100

/** Key of a list in the cache. */
export const listKey = (view: MessagesView) => ['messages', view] as const

async function load({ tab, search }: MessagesView, after?: string) {
  const page = await core.request('messages.list', {
    tab,
    // A search looks through all days.
    ...(search ? { search } : { since: startOfDay(serverNow()) }),
    ...(after ? { after } : {}),
    limit: PAGE,
  })
  takeMessagePage(page.rows)
  return page
}

async function loadMore(queries: QueryClient, view: MessagesView): Promise<void> {
  const after = queries.getQueryData<LoadedMessages>(listKey(view))?.pages.at(-1)?.next
  if (!after) return
  const page = await load(view, after)
  queries.setQueryData<LoadedMessages>(listKey(view), (list) =>
    // Loaded anew meanwhile: this page would not join on.
    list?.pages.at(-1)?.next === after ? withPage(list, page) : list,
  )
}

/** Loads a list from its top down to where it was loaded before, so that a "resync" moves nobody's scroll position. */
async function loadAgain(queries: QueryClient, view: MessagesView): Promise<LoadedMessages> {
  const pages = queries.getQueryData<LoadedMessages>(listKey(view))?.pages.length ?? 1
  let list = firstPage(await load(view))
  for (let page = 1; page < pages; page += 1) {
    const after = list.pages.at(-1)?.next
    if (!after) break
    list = withPage(list, await load(view, after))
  }
  return list
}

/** The list of a view, and how to get more of it. */
export function useMessageList(view: MessagesView) {
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
    ids: idsOf(list),
    /** True while another view's rows are still shown in place of this one's. */
    changing: query.isPlaceholderData,
    loading: query.isPending,
    error: query.error,
    hasMore: Boolean(list?.pages.at(-1)?.next),
    /** Loads the first page only; new messages come in at the top. */
    reload: () => {
      queries.setQueryData<LoadedMessages>(
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
