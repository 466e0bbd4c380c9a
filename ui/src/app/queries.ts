import { QueryClient } from '@tanstack/react-query'

/**
 * The cache of answers. Nothing in it grows stale by time: the core tells what changed, and after a gap it says "resync". Failed
 * reads are not tried again by the cache, because the core already does that across reconnects.
 */
export function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        retry: false,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        // The browser's idea of "online" says nothing about a server in the same building.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always', retry: false },
    },
  })
}
