import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Change, MessageCounts } from '@/protocol/protocol'
import { useNow } from './clock'
import { useSession } from './connection'
import { startOfDay } from './format'
import { hearChanges } from './live'
import { core } from './platform'

/** A busy office sends many messages a second; asking for the counts once in a while is live enough for people. */
const AT_MOST_EVERY_MS = 1000

const KEY = 'message-counts'

/** Today's counts of the messages, as the status bar, the rail and the tabs show them; absent until they are here. */
export function useMessageCounts(): MessageCounts | undefined {
  const session = useSession()
  const since = startOfDay(useNow(60_000))
  const { data } = useQuery({
    queryKey: [KEY, since],
    enabled: session !== undefined,
    queryFn: () => core.request('messages.counts', { since }),
    // At midnight the old ones stay until the new ones are here.
    placeholderData: keepPreviousData,
  })
  return data?.counts
}

/** A message that waits longer than this does not wait its turn: something is in its way. */
const HELD_UP_MS = 60_000

/** Since when messages are held up, and what is known of the reason; absent while they flow. */
export function useHeldUp(counts: MessageCounts | undefined, now: number) {
  const oldest = counts?.oldest_waiting_at
  const since = oldest !== undefined && now - oldest > HELD_UP_MS ? oldest : undefined
  const { data: reason } = useQuery({
    queryKey: [KEY, 'held-up', since],
    enabled: since !== undefined,
    queryFn: async () => {
      const { rows } = await core.request('messages.list', { tab: 'waiting', limit: 1 })
      return rows[0]?.message.reason ?? null
    },
  })
  return since === undefined ? undefined : { since, reason: reason ?? undefined }
}

/** Whether changes may have moved the counts. */
function concerns(changes: readonly Change[]): boolean {
  return changes.some((change) => change.messages !== undefined || change.sms_before !== change.sms_after)
}

function askSoon(queries: QueryClient) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = 0
  const ask = () => {
    timer = undefined
    last = Date.now()
    void queries.invalidateQueries({ queryKey: [KEY] })
  }
  return {
    soon: () => {
      if (timer === undefined) timer = setTimeout(ask, Math.max(0, last + AT_MOST_EVERY_MS - Date.now()))
    },
    stop: () => clearTimeout(timer),
  }
}

/** Keeps the counts up to date while the window is open. */
export function useLiveMessageCounts(): void {
  const queries = useQueryClient()
  useEffect(() => {
    const { soon, stop } = askSoon(queries)
    const deaf = hearChanges((changes) => {
      if (concerns(changes)) soon()
    })
    return () => {
      stop()
      deaf()
    }
  }, [queries])
}
