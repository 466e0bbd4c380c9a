import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Change } from '@/protocol/protocol'
import { hearChanges } from './live'
import { idsOf, type ListPage, onlyFirst, type PagedList, withPage } from './pagedList'

/** Where the pages of a list come from. `V` is what is looked at, `P` a page as the server sends it, `L` the loaded list. */
export interface PagedSource<V, P, L extends PagedList> {
  /** Name of its lists in the cache. */
  name: string
  /** Asks for a page: the first, or the one after a place. */
  load: (view: V, after?: string) => Promise<P>
  /** A list of one page. */
  first: (page: P) => L
  /** What a list keeps of a page. */
  bare: (page: P) => ListPage
  /** The list after changes, as far as they are not in it yet. */
  after: (list: L, changes: readonly Change[], view: V) => L
}

/** Where the list of a view stands in the cache. */
const keyOf = <V, P, L extends PagedList>(source: PagedSource<V, P, L>, view: V) => [source.name, view]

/** Loads a list from its top down to where it was loaded before, so that a "resync" moves nobody's scroll position. */
async function loadDown<V, P, L extends PagedList>(
  queries: QueryClient,
  source: PagedSource<V, P, L>,
  view: V,
): Promise<L> {
  const pages = queries.getQueryData<L>(keyOf(source, view))?.pages.length ?? 1
  let list = source.first(await source.load(view))
  for (let page = 1; page < pages; page += 1) {
    const after = list.pages.at(-1)?.next
    if (!after) break
    list = withPage(list, source.bare(await source.load(view, after)))
  }
  return list
}

/**
 * The list as it is when all of it is here. A page is as it was when the server read it; what is told until it arrives stands in the list
 * that it replaces, and would be lost with that.
 */
async function loadAgain<V, P, L extends PagedList>(
  queries: QueryClient,
  source: PagedSource<V, P, L>,
  view: V,
): Promise<L> {
  const meanwhile: Change[] = []
  const stop = hearChanges((changes) => meanwhile.push(...changes))
  try {
    const list = await loadDown(queries, source, view)
    return source.after(list, meanwhile, view)
  } finally {
    stop()
  }
}

async function loadMore<V, P, L extends PagedList>(
  queries: QueryClient,
  source: PagedSource<V, P, L>,
  view: V,
): Promise<void> {
  const after = queries.getQueryData<L>(keyOf(source, view))?.pages.at(-1)?.next
  if (!after) return
  const page = source.bare(await source.load(view, after))
  queries.setQueryData<L>(keyOf(source, view), (list) =>
    // Loaded anew meanwhile: this page would not join on.
    list?.pages.at(-1)?.next === after ? withPage(list, page) : list,
  )
}

/** Keeps every loaded list of a source up to date, also while another screen is shown. */
export function useLivePages<V, P, L extends PagedList>(source: PagedSource<V, P, L>): void {
  const queries = useQueryClient()
  useEffect(
    () =>
      hearChanges((changes) => {
        for (const [key, list] of queries.getQueriesData<L>({ queryKey: [source.name] })) {
          const after = list && source.after(list, changes, key[1] as V)
          // A list that changes are not about is not drawn again.
          if (after !== list) queries.setQueryData<L>(key, after)
        }
      }),
    [queries, source],
  )
}

/** The list of a view, and how to get more of it. */
export function usePagedList<V, P, L extends PagedList>(source: PagedSource<V, P, L>, view: V) {
  const queries = useQueryClient()
  const [more, setMore] = useState<'idle' | 'loading' | 'failed'>('idle')
  const query = useQuery<L>({
    queryKey: keyOf(source, view),
    queryFn: () => loadAgain(queries, source, view),
    placeholderData: keepPreviousData,
  })
  const list = query.data
  const ids = idsOf(list)
  const failed = query.error !== null && list === undefined
  return {
    list,
    ids,
    /** How many new rows wait to be shown. */
    fresh: list?.fresh.length ?? 0,
    /** The first rows, or those of another view, are on their way. */
    loading: query.isPending || query.isPlaceholderData,
    error: query.error,
    /** There is nothing to show for an error. */
    failed,
    /** There is nothing to show, and that is the truth. */
    empty: !query.isPending && !query.isPlaceholderData && !failed && ids.length === 0,
    /** Begins anew after an error. */
    retry: () => void queries.resetQueries({ queryKey: keyOf(source, view) }),
    /** Loads the first page only; what is new comes in at the top. Resolves with the ids that stand there. */
    reload: async () => {
      queries.setQueryData<L>(keyOf(source, view), (before) => before && onlyFirst(before))
      return idsOf((await query.refetch()).data)
    },
    /** Loads the next page; absent when there is none, or when it could not be loaded. */
    loadMore:
      list?.pages.at(-1)?.next && more !== 'failed'
        ? () => {
            if (more === 'loading' || query.isPlaceholderData) return
            setMore('loading')
            loadMore(queries, source, view).then(
              () => setMore('idle'),
              () => setMore('failed'),
            )
          }
        : undefined,
  }
}
