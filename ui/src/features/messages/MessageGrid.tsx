import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { FreshPill } from '@/components/FreshPill'
import { Skeleton } from '@/components/Skeleton'
import { count } from '@/lib/format'
import css from './MessageGrid.module.css'
import { MessageLine } from './MessageLine'
import { type MessagesView, messagesPlace } from './view'

const ROW = 32
/** Rows from the end at which the next page is asked for. */
const AHEAD = 40
const COLUMNS = ['state', 'ttn', 'notice', 'to', 'attempts', 'age', 'known'] as const

interface Props {
  view: MessagesView
  ids: readonly string[]
  /** Index of the chosen row. */
  at: number
  /** How many new messages wait above. */
  fresh: number
  /** Grey bars instead of rows. */
  skeleton: boolean
  onSelect: (id: string) => void
  onOpen: (ttn: string) => void
  onTop: () => void
  /** Asked for more; absent when there is no more. */
  onEnd: (() => void) | undefined
  /** Told how many rows are in sight. */
  onMeasure: (rows: number) => void
}

/** The virtualised list. Focus stays on the grid itself; the chosen row is its active descendant. */
export function MessageGrid({
  view,
  ids,
  at,
  fresh,
  skeleton,
  onSelect,
  onOpen,
  onTop,
  onEnd,
  onMeasure,
}: Props) {
  const { t } = useTranslation('messages')
  const body = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => body.current,
    estimateSize: () => ROW,
    overscan: 12,
    initialOffset: messagesPlace.get().scrollTop,
  })
  const items = virtual.getVirtualItems()
  const last = Math.max(items.at(-1)?.index ?? 0, at)

  useEffect(() => {
    if (onEnd && last >= ids.length - AHEAD) onEnd()
  }, [onEnd, last, ids.length])

  // Only a new choice or a new view scrolls; pages and live changes leave the list where it is.
  const chosen = ids[at]
  const shown = useRef({ chosen, view })
  useEffect(() => {
    if (shown.current.view !== view) body.current?.scrollTo({ top: 0 })
    else if (shown.current.chosen !== chosen && chosen) virtual.scrollToIndex(at, { align: 'auto' })
    shown.current = { chosen, view }
  }, [virtual, at, chosen, view])

  useLayoutEffect(() => {
    const measure = () => onMeasure(Math.floor((body.current?.clientHeight ?? 0) / ROW))
    measure()
    window.addEventListener('resize', measure)
    return () => window.removeEventListener('resize', measure)
  }, [onMeasure])

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
    <div
      className={css.grid}
      role="grid"
      tabIndex={0}
      aria-label={t('grid')}
      aria-rowcount={ids.length + 1}
      aria-activedescendant={chosen && `message-${chosen}`}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus */}
      <div className={css.head} role="row" aria-rowindex={1}>
        {COLUMNS.map((id) => (
          // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
          // biome-ignore lint/a11y/useFocusableInteractive: nothing can be pressed here
          <div key={id} role="columnheader" className={css.headCell} data-column={id}>
            {t(`col.${id}`)}
            {id === 'ttn' && fresh > 0 && (
              <FreshPill hint={t('freshHint')} data-testid="messages-fresh" onClick={onTop}>
                {t('fresh', { count: fresh, shown: count(fresh) })}
              </FreshPill>
            )}
          </div>
        ))}
      </div>
      <div
        ref={body}
        className={css.body}
        onScroll={(event) => {
          const { scrollTop } = event.currentTarget
          messagesPlace.set((before) => ({ ...before, scrollTop }))
        }}
      >
        {skeleton ? (
          <Skeleton rows={22} rowHeight={ROW} />
        ) : (
          // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
          <div role="rowgroup" className={css.rows} style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const id = ids[item.index]
              return (
                id && (
                  <MessageLine
                    key={id}
                    id={id}
                    index={item.index}
                    top={item.start}
                    selected={item.index === at}
                    onSelect={onSelect}
                    onOpen={onOpen}
                  />
                )
              )
            })}
          </div>
        )}
      </div>
      <p className="visually-hidden" aria-live="polite">
        {fresh > 0 ? t('said.fresh', { count: fresh }) : ''}
      </p>
    </div>
  )
}
