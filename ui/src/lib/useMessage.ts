import { useQuery } from '@tanstack/react-query'
import { takeMessagePage } from './messages'
import { core } from './platform'

/** One message with its tries and what may be done about it; kept current by lib/live.ts. */
export function useMessage(id: string) {
  return useQuery({
    queryKey: ['message', id],
    queryFn: async () => {
      const found = await core.request('messages.get', { event_id: id })
      takeMessagePage([found.row])
      return found
    },
  })
}
