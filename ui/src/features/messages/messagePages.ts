import { serverNow } from '@/lib/clock'
import { startOfDay } from '@/lib/format'
import { messagesOf, takeMessagePage } from '@/lib/messages'
import { core } from '@/lib/platform'
import type { PagedSource } from '@/lib/usePagedList'
import type { MessagePage } from '@/protocol/protocol'
import { bare, firstPage, type LoadedMessages, listAfter } from './list'
import type { MessagesView } from './view'

/** Rows asked for at once: a tall screen holds about 30. */
const PAGE = 100

/** The lists of messages, as the server has them. */
export const messagePages: PagedSource<MessagesView, MessagePage, LoadedMessages> = {
  name: 'messages',
  load: async ({ tab, search }, after) => {
    const page = await core.request('messages.list', {
      tab,
      // A search looks through all days.
      ...(search ? { search } : { since: startOfDay(serverNow()) }),
      ...(after ? { after } : {}),
      limit: PAGE,
    })
    takeMessagePage(page.rows)
    return page
  },
  first: firstPage,
  bare,
  after: (list, changes, view) => listAfter(list, messagesOf(changes), view),
}
