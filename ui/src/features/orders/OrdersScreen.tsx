import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { ListAndDetail } from '@/components/ListAndDetail'
import { LoadFailed, NoList } from '@/components/LoadFailed'
import { OfflineBanner } from '@/components/OfflineBanner'
import { copyText } from '@/lib/clipboard'
import { useConnection } from '@/lib/connection'
import { useDelayed } from '@/lib/delayed'
import { useKeys } from '@/lib/keys'
import { listKeys, useChoice } from '@/lib/listPlace'
import { useRowKeys } from '@/lib/rowKeys'
import { useSearch } from '@/lib/search'
import { useStore } from '@/lib/store'
import { usePagedList } from '@/lib/usePagedList'
import { ListEmpty } from './ListEmpty'
import { MarkedBar } from './MarkedBar'
import { markOnly, useMarks } from './marks'
import { OrderGrid } from './OrderGrid'
import { OrdersHead } from './OrdersHead'
import { OrderTabs } from './OrderTabs'
import { orderPages } from './orderPages'
import { PlacesDrawer } from './PlacesDrawer'
import { Preview } from './Preview'
import { NEWEST_KEY, OLDER_KEY, SearchReach } from './SearchReach'
import { changeView, orderPlace } from './view'
import { WaitingPane } from './WaitingPane'

const searchFor = (text: string) => changeView({ search: text })

/** The list of orders: tabs, search, the live grid, and the preview of the chosen order. */
export function OrdersScreen() {
  const { t } = useTranslation('orders')
  const navigate = useNavigate()
  const view = useStore(orderPlace.store, (place) => place.view)
  const list = usePagedList(orderPages, view)
  const choice = useChoice(orderPlace, list)
  const { chosen, toTop } = choice
  const offline = useConnection((now) => now.link.state === 'offline')
  const waiting = useConnection((now) => now.pending.length + now.ended.length)
  const field = useRef<HTMLInputElement>(null)
  const search = useSearch(view.search, searchFor)
  const rowKeys = useRowKeys(search, list)
  const slow = useDelayed(list.loading)
  const { marked, keys, press } = useMarks({ ...choice, ids: list.ids, select: orderPlace.select })
  const [placing, setPlacing] = useState<readonly string[]>()
  const many = marked.size > 0
  const placeAll = () => setPlacing([...marked])
  const older = list.list?.older
  // What is in sight while another answer is on its way says nothing of where that one goes on.
  const toOlder = () =>
    older && !list.loading && changeView({ back: { before: older.before, until: older.since } })
  const toNewest = () => changeView({ back: undefined })

  const openOrder = (ttn: string) => navigate(`/orders/${ttn}`)
  const open = (act?: string) => chosen && navigate(`/orders/${chosen}${act ? `?do=${act}` : ''}`)
  const enter = () => (list.failed ? list.retry() : open())
  const focusSearch = () => {
    field.current?.focus()
    field.current?.select()
  }
  const copy = () => {
    // Marked text goes before the chosen row.
    if (!chosen || window.getSelection()?.toString()) return false
    return copyText(chosen)
  }

  const moving = rowKeys.moving({
    ...listKeys(choice),
    [OLDER_KEY]: older && toOlder,
    [NEWEST_KEY]: view.back && toNewest,
  })
  const acting = rowKeys.acting({
    ...keys,
    Enter: enter,
    F6: () => (many ? placeAll() : open('place')),
    // It would be about the chosen row alone, while others are marked.
    Delete: many ? undefined : () => open('cancel'),
    'Ctrl+KeyC': copy,
  })
  useKeys('screen', {
    ...moving,
    ...acting,
    F3: focusSearch,
    Escape: () => {
      if (many) return markOnly([])
      if (view.back) return toNewest()
      return view.search ? changeView({ search: '' }) : false
    },
  })
  const { ArrowUp, ArrowDown, PageUp, PageDown } = moving

  return (
    <>
      <OrdersHead
        ref={field}
        view={view}
        search={search}
        keys={{ ArrowUp, ArrowDown, PageUp, PageDown, Enter: acting.Enter }}
        several={rowKeys.several}
        onScan={openOrder}
      />
      <OfflineBanner />
      {list.failed && <LoadFailed title={t('error.title')} error={list.error} onRetry={list.retry} />}
      <OrderTabs view={view} counts={list.list?.counts} />
      {view.search && !offline && (
        <SearchReach view={view} older={older} onOlder={toOlder} onNewest={toNewest} />
      )}
      {list.failed && <NoList onRetry={list.retry} onRegister={() => navigate('/register')} />}
      {list.empty && <ListEmpty view={view} onSearch={focusSearch} onOlder={older && toOlder} />}
      {!list.failed && !list.empty && (
        <ListAndDetail
          side="narrow"
          label={t('preview.label')}
          detail={offline && waiting > 0 ? <WaitingPane /> : chosen && <Preview ttn={chosen} />}
        >
          <OrderGrid
            view={view}
            ttns={list.ids}
            at={choice.at}
            fresh={list.fresh}
            skeleton={slow}
            marked={marked}
            onPress={press}
            onOpen={openOrder}
            onShowFresh={toTop}
            onEnd={list.loadMore}
            onMeasure={choice.measured}
          />
          {many && <MarkedBar count={marked.size} onPlace={placeAll} onNone={() => markOnly([])} />}
        </ListAndDetail>
      )}
      {placing && <PlacesDrawer ttns={placing} onClose={() => setPlacing(undefined)} />}
    </>
  )
}
