import { useQuery } from '@tanstack/react-query'
import { core } from '@/lib/platform'

/** Everything about the order of the page; kept current by lib/live.ts. */
export function useOrder(ttn: string) {
  return useQuery({ queryKey: ['order', ttn], queryFn: () => core.request('orders.get', { ttn }) })
}
