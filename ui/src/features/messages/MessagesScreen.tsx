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
import { stepOf } from '@/lib/step'
import { useStore } from '@/lib/store'
import { usePagedList } from '@/lib/usePagedList'
import { GatewayState } from './GatewayState'
import { MessageGrid } from './MessageGrid'
import { MessagePane } from './MessagePane'
import { MessagesEmpty } from './MessagesEmpty'
import { MessageTabs } from './MessageTabs'
import { messagePages } from './messagePages'
import { changeView, messagePlace } from './view'

const search = (text: string) => changeView({ search: text })

/** The messages of the branch: tabs, search, the live list, and the chosen message with what can be done about it. */
export function MessagesScreen() {
  const { t } = useTranslation('messages')
  const navigate = useNavigate()
  const view = useStore(messagePlace.store, (place) => place.view)
  const list = usePagedList(messagePages, view)
  const choice = useChoice(messagePlace, list)
  const { chosen, go, toTop } = choice
  const live = useMessageCounts()
  const field = useRef<HTMLInputElement>(null)
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

  useKeys('screen', {
    ...listKeys(choice),
    Home: () => (list.empty && view.tab !== 'all' ? changeView({ tab: 'all' }) : toTop()),
    Enter: open,
    F3: focusSearch,
    Escape: () => (view.search ? changeView({ search: '' }) : false),
  })

  return (
    <>
      <PageHead title={t('title')} aside={<GatewayState />}>
        <SearchField
          ref={field}
          value={view.search}
          label={t('search')}
          onSearch={search}
          onEnter={(_, isFresh) => {
            if (!isFresh) open()
            return !isFresh
          }}
          onListKey={(code) => {
            const how = stepOf(code)
            if (how) go(how)
            return how !== undefined
          }}
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
          detail={chosen && <MessagePane id={chosen} ids={list.ids} />}
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
