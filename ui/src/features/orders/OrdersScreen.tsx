import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Banner } from '@/components/Banner'
import { Button } from '@/components/Button'
import { OfflineBanner } from '@/components/OfflineBanner'
import { copyText } from '@/lib/clipboard'
import { useConnection } from '@/lib/connection'
import { useDelayed } from '@/lib/delayed'
import { useKeys } from '@/lib/keys'
import { asProblem, useProblemSentences } from '@/lib/problem'
import { type Step, step } from '@/lib/step'
import { useStore } from '@/lib/store'
import { ListEmpty } from './ListEmpty'
import { OrderGrid } from './OrderGrid'
import { OrdersHead } from './OrdersHead'
import css from './OrdersScreen.module.css'
import { OrderTabs } from './OrderTabs'
import { Preview } from './Preview'
import { listKey, useOrderList } from './useOrderList'
import { changeView, listPlace, select } from './view'
import { WaitingPane } from './WaitingPane'

/** Rows that PageUp and PageDown go over when the grid has not been measured yet. */
const PAGE_ROWS = 20

/** The list of orders: tabs, search, the live grid, and the preview of the chosen order. */
export function OrdersScreen() {
  const { t } = useTranslation('orders')
  const { t: word } = useTranslation()
  const { problem } = useProblemSentences()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { view, selected } = useStore(listPlace, (place) => place)
  const list = useOrderList(view)
  const offline = useConnection((now) => now.link.state === 'offline')
  const waiting = useConnection((now) => now.pending.length + now.ended.length)
  const search = useRef<HTMLInputElement>(null)
  const pageRows = useRef(PAGE_ROWS)
  const slow = useDelayed(list.loading || list.changing)

  const { ttns } = list
  const at = Math.max(0, selected ? ttns.indexOf(selected) : 0)
  const chosen = ttns[at]

  const go = (how: Step) => select(ttns[step(how, at, ttns.length, pageRows.current)])
  const open = (act?: string) => chosen && navigate(`/orders/${chosen}${act ? `?do=${act}` : ''}`)
  const toTop = () => {
    const fresh = (list.list?.fresh.length ?? 0) > 0
    listPlace.set((before) => ({ ...before, scrollTop: 0, selected: fresh ? before.selected : ttns[0] }))
    if (!fresh) return
    void list.reload().then(({ data }) => select(data?.pages[0]?.ttns[0]))
  }
  const focusSearch = () => {
    search.current?.focus()
    search.current?.select()
  }
  const copy = () => {
    // Marked text goes before the chosen row.
    if (!chosen || window.getSelection()?.toString()) return false
    return copyText(chosen)
  }

  useKeys('screen', {
    ArrowDown: () => go('down'),
    ArrowUp: () => go('up'),
    PageDown: () => go('pageDown'),
    PageUp: () => go('pageUp'),
    Home: toTop,
    End: () => go('end'),
    Enter: () => open(),
    F3: focusSearch,
    F6: () => open('place'),
    Delete: () => open('cancel'),
    'Ctrl+KeyC': copy,
    Escape: () => (view.search ? changeView({ search: '' }) : false),
  })

  const failed = list.error && !list.list
  const empty = !list.loading && !list.changing && !failed && ttns.length === 0
  return (
    <>
      <OrdersHead
        ref={search}
        view={view}
        onStep={go}
        onOpen={() => open()}
        onScan={(ttn) => navigate(`/orders/${ttn}`)}
      />
      <OfflineBanner />
      {failed && !offline && (
        <Banner kind="problem" title={t('error.title')} text={problem(asProblem(list.error)).cause}>
          <Button onClick={() => void queries.resetQueries({ queryKey: listKey(view) })}>
            {word('retry')}
          </Button>
        </Banner>
      )}
      <OrderTabs view={view} counts={list.list?.counts} />
      {failed && <div className={css.nothing} />}
      {empty && <ListEmpty view={view} onSearch={focusSearch} />}
      {!failed && !empty && (
        <div className={css.work}>
          <OrderGrid
            view={view}
            ttns={ttns}
            at={at}
            fresh={list.list?.fresh.length ?? 0}
            skeleton={slow}
            onSelect={select}
            onOpen={(ttn) => navigate(`/orders/${ttn}`)}
            onTop={toTop}
            onEnd={list.hasMore && !list.moreFailed ? list.loadMore : undefined}
            onMeasure={(count) => {
              pageRows.current = count
            }}
          />
          <aside className={css.side} aria-label={t('preview.label')}>
            {offline && waiting > 0 ? <WaitingPane /> : chosen && <Preview ttn={chosen} />}
          </aside>
        </div>
      )}
    </>
  )
}
