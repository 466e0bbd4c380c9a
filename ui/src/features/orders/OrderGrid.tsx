import { useMediaQuery } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Skeleton } from '@/components/Skeleton'
import { GridHead } from './GridHead'
import { GridRow } from './GridRow'
import css from './OrderGrid.module.css'
import { type ListView, listPlace } from './view'

const ROW = 30
/** Rows from the end at which the next page is asked for. */
const AHEAD = 40

interface Props {
  view: ListView
  ttns: readonly string[]
  /** Index of the chosen row. */
  at: number
  /** How many new orders wait above. */
  fresh: number
  /** Grey bars instead of rows. */
  skeleton: boolean
  onSelect: (ttn: string) => void
  onOpen: (ttn: string) => void
  onTop: () => void
  /** Asked for more; absent when there is no more. */
  onEnd: (() => void) | undefined
  /** Told how many rows are in sight. */
  onMeasure: (rows: number) => void
}

/** The virtualised grid. Focus stays on the grid itself; the chosen row is its active descendant. */
export function OrderGrid({
  view,
  ttns,
  at,
  fresh,
  skeleton,
  onSelect,
  onOpen,
  onTop,
  onEnd,
  onMeasure,
}: Props) {
  const { t } = useTranslation('orders')
  const wide = useMediaQuery('(min-width: 1600px)') ?? false
  const body = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: ttns.length,
    getScrollElement: () => body.current,
    estimateSize: () => ROW,
    overscan: 12,
    initialOffset: listPlace.get().scrollTop,
  })
  const items = virtual.getVirtualItems()
  const last = Math.max(items.at(-1)?.index ?? 0, at)

  useEffect(() => {
    if (onEnd && last >= ttns.length - AHEAD) onEnd()
  }, [onEnd, last, ttns.length])

  // Only a new choice or a new view scrolls; pages and live changes leave the list where it is.
  const chosen = ttns[at]
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
      aria-rowcount={ttns.length + 1}
      aria-activedescendant={chosen && `row-${chosen}`}
    >
      <GridHead view={view} wide={wide} fresh={fresh} onTop={onTop} />
      <div
        ref={body}
        className={css.body}
        onScroll={(event) => {
          const { scrollTop } = event.currentTarget
          listPlace.set((before) => ({ ...before, scrollTop }))
        }}
      >
        {skeleton ? (
          <Skeleton rows={24} rowHeight={ROW} />
        ) : (
          // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
          <div role="rowgroup" className={css.rows} style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const ttn = ttns[item.index]
              return (
                ttn && (
                  <GridRow
                    key={ttn}
                    ttn={ttn}
                    index={item.index}
                    top={item.start}
                    wide={wide}
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
