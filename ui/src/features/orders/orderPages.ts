import { connection } from '@/lib/connection'
import { core } from '@/lib/platform'
import { rows, takePage } from '@/lib/rows'
import type { PagedSource } from '@/lib/usePagedList'
import type { OrderPage } from '@/protocol/protocol'
import { bare, firstPage, type LoadedList, listAfter } from './list'
import type { ListView } from './view'

/** Rows asked for at once: a tall screen holds about 35. */
const PAGE = 100

/** The lists of orders, as the server has them. */
export const orderPages: PagedSource<ListView, OrderPage, LoadedList> = {
  name: 'orders',
  load: async ({ search, back, ...view }, after) => {
    const page = await core.request('orders.list', {
      ...view,
      ...(search ? { search } : {}),
      ...(search && back ? { before: back.before } : {}),
      ...(after ? { after } : {}),
      limit: PAGE,
    })
    takePage(page.rows)
    return page
  },
  first: firstPage,
  bare,
  after: (list, changes, view) => {
    const branch = connection.get().session?.branch.id
    return branch ? listAfter(list, changes, view, branch, (ttn) => rows.get().get(ttn)?.row) : list
  },
}
