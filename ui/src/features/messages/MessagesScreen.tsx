import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { ListAndDetail } from '@/components/ListAndDetail'
import { LoadFailed, NoList } from '@/components/LoadFailed'
import { OfflineBanner } from '@/components/OfflineBanner'
import { PageHead } from '@/components/PageHead'
import { SearchField } from '@/components/SearchField'
import { useDelayed } from '@/lib/delayed'
import { useKeys } from '@/lib/keys'
import { listKeys, useChoice } from '@/lib/listPlace'
import { useMessageCounts } from '@/lib/messageCounts'
import { messages } from '@/lib/messages'
import { useRowKeys } from '@/lib/rowKeys'
import { useSearch } from '@/lib/search'
import { useStore } from '@/lib/store'
import { usePagedList } from '@/lib/usePagedList'
import { GatewayState } from './GatewayState'
import { MessageGrid } from './MessageGrid'
import { MessagePane } from './MessagePane'
import { MessagesEmpty } from './MessagesEmpty'
import { MessageTabs } from './MessageTabs'
import { messagePages } from './messagePages'
import { changeView, messagePlace } from './view'

const searchFor = (text: string) => changeView({ search: text })

/** The messages of the branch: tabs, search, the live list, and the chosen message with what can be done about it. */
export function MessagesScreen() {
  const { t } = useTranslation('messages')
  const navigate = useNavigate()
  const view = useStore(messagePlace.store, (place) => place.view)
  const list = usePagedList(messagePages, view)
  const choice = useChoice(messagePlace, list)
  const { chosen, toTop } = choice
  const live = useMessageCounts()
  const field = useRef<HTMLInputElement>(null)
  const search = useSearch(view.search, searchFor)
  const rowKeys = useRowKeys(search, list)
  const slow = useDelayed(list.loading)
  const counts = view.search ? list.list?.counts : live

  const openOrder = (ttn: string) => navigate(`/orders/${ttn}?tab=messages`)
  const open = () => {
    if (list.failed) return list.retry()
    const ttn = chosen && messages.get().get(chosen)?.row.ttn
    if (ttn) openOrder(ttn)
  }
  const focusSearch = () => {
    field.current?.focus()
    field.current?.select()
  }

  const moving = rowKeys.moving({
    ...listKeys(choice),
    Home: () => (list.empty && view.tab !== 'all' ? changeView({ tab: 'all' }) : toTop()),
  })
  const { Enter } = rowKeys.acting({ Enter: open })
  useKeys('screen', {
    ...moving,
    Enter,
    F3: focusSearch,
    Escape: () => (view.search ? changeView({ search: '' }) : false),
  })
  const { ArrowUp, ArrowDown, PageUp, PageDown } = moving

  return (
    <>
      <PageHead title={t('title')} aside={<GatewayState />}>
        <SearchField
          ref={field}
          search={search}
          label={t('search')}
          keys={{ ArrowUp, ArrowDown, PageUp, PageDown, Enter }}
          several={rowKeys.several}
        />
      </PageHead>
      <OfflineBanner />
      {list.failed && <LoadFailed title={t('error.title')} error={list.error} onRetry={list.retry} />}
      <MessageTabs view={view} counts={counts} />
      {list.failed && <NoList onRetry={list.retry} onRegister={() => navigate('/register')} />}
      {list.empty && <MessagesEmpty view={view} onSearch={focusSearch} />}
      {!list.failed && !list.empty && (
        <ListAndDetail
          side="wide"
          label={t('detail.label')}
          detail={chosen && <MessagePane id={chosen} ids={list.ids} acting={rowKeys.acting} />}
        >
          <MessageGrid
            view={view}
            ids={list.ids}
            at={choice.at}
            fresh={list.fresh}
            skeleton={slow}
            onOpen={openOrder}
            onShowFresh={toTop}
            onEnd={list.loadMore}
            onMeasure={choice.measured}
          />
        </ListAndDetail>
      )}
    </>
  )
}
