import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Banner } from '@/components/Banner'
import { Button } from '@/components/Button'
import { OfflineBanner } from '@/components/OfflineBanner'
import { PageHead } from '@/components/PageHead'
import { SearchField } from '@/components/SearchField'
import { useConnection } from '@/lib/connection'
import { useDelayed } from '@/lib/delayed'
import { useKeys } from '@/lib/keys'
import { useMessageCounts } from '@/lib/messageCounts'
import { messages } from '@/lib/messages'
import { asProblem, useProblemSentences } from '@/lib/problem'
import { type Step, step, stepOf } from '@/lib/step'
import { useStore } from '@/lib/store'
import { MessageGrid } from './MessageGrid'
import { MessagePane } from './MessagePane'
import { MessagesEmpty } from './MessagesEmpty'
import css from './MessagesScreen.module.css'
import { MessageTabs } from './MessageTabs'
import { listKey, useMessageList } from './useMessageList'
import { changeView, messagesPlace, select } from './view'

/** Rows that PageUp and PageDown go over when the list has not been measured yet. */
const PAGE_ROWS = 18

const search = (text: string) => changeView({ search: text })

/** The messages of the branch: tabs, search, the live list, and the chosen message with what can be done about it. */
export function MessagesScreen() {
  const { t } = useTranslation('messages')
  const { t: word } = useTranslation()
  const { problem } = useProblemSentences()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { view, selected } = useStore(messagesPlace, (place) => place)
  const list = useMessageList(view)
  const live = useMessageCounts()
  const offline = useConnection((now) => now.link.state === 'offline')
  const field = useRef<HTMLInputElement>(null)
  const pageRows = useRef(PAGE_ROWS)
  const slow = useDelayed(list.loading || list.changing)

  const { ids } = list
  const counts = view.search ? list.list?.counts : live
  const at = Math.max(0, selected ? ids.indexOf(selected) : 0)
  const chosen = ids[at]
  const fresh = list.list?.fresh.length ?? 0

  const go = (how: Step) => select(ids[step(how, at, ids.length, pageRows.current)])
  const openOrder = (ttn: string) => navigate(`/orders/${ttn}?tab=messages`)
  const open = () => {
    const ttn = chosen && messages.get().get(chosen)?.row.ttn
    if (ttn) openOrder(ttn)
  }
  const toTop = () => {
    messagesPlace.set((before) => ({
      ...before,
      scrollTop: 0,
      selected: fresh > 0 ? before.selected : ids[0],
    }))
    if (fresh === 0) return
    void list.reload().then(({ data }) => select(data?.pages[0]?.ids[0]))
  }
  const focusSearch = () => {
    field.current?.focus()
    field.current?.select()
  }

  const failed = list.error && !list.list
  const empty = !list.loading && !list.changing && !failed && ids.length === 0
  useKeys('screen', {
    ArrowDown: () => go('down'),
    ArrowUp: () => go('up'),
    PageDown: () => go('pageDown'),
    PageUp: () => go('pageUp'),
    Home: () => (empty && view.tab !== 'all' ? changeView({ tab: 'all' }) : toTop()),
    End: () => go('end'),
    Enter: open,
    F3: focusSearch,
    Escape: () => (view.search ? changeView({ search: '' }) : false),
  })

  return (
    <>
      <PageHead title={t('title')}>
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
      {failed && !offline && (
        <Banner kind="problem" title={t('error.title')} text={problem(asProblem(list.error)).cause}>
          <Button onClick={() => void queries.resetQueries({ queryKey: listKey(view) })}>
            {word('retry')}
          </Button>
        </Banner>
      )}
      <MessageTabs view={view} counts={counts} />
      {failed && <div className={css.nothing} />}
      {empty && <MessagesEmpty view={view} onSearch={focusSearch} />}
      {!failed && !empty && (
        <div className={css.work}>
          <MessageGrid
            view={view}
            ids={ids}
            at={at}
            fresh={fresh}
            skeleton={slow}
            onSelect={select}
            onOpen={openOrder}
            onTop={toTop}
            onEnd={list.hasMore && !list.moreFailed ? list.loadMore : undefined}
            onMeasure={(rows) => {
              pageRows.current = rows
            }}
          />
          <aside className={css.side} aria-label={t('detail.label')}>
            {chosen && <MessagePane id={chosen} unknown={live?.unknown} />}
          </aside>
        </div>
      )}
    </>
  )
}
