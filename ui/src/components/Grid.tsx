import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, Fragment, type ReactNode, useEffect, useLayoutEffect, useRef } from 'react'
import type { ListPlace } from '@/lib/listPlace'
import css from './Grid.module.css'
import { type Fresh, type GridColumn, GridHead } from './GridHead'
import type { RowPlace } from './GridRow'
import { Skeleton } from './Skeleton'

/** Rows from the end at which the next page is asked for. */
const AHEAD = 40
const SKELETON_ROWS = 24

/** What the lists of all screens are given by their screens. */
export interface ListGridProps {
  /** Index of the chosen row. */
  at: number
  /** How many new rows wait above. */
  fresh: number
  /** Grey bars instead of rows. */
  skeleton: boolean
  onShowFresh: () => void
  /** Asked for more; absent when there is no more. */
  onEnd: (() => void) | undefined
  /** Told how many rows are in sight. */
  onMeasure: (rows: number) => void
}

interface Props<V> extends Pick<ListGridProps, 'at' | 'skeleton' | 'onEnd' | 'onMeasure'> {
  /** Read out as the name of the grid. */
  label: string
  /** Sets `--columns`, and leaves out columns where a window is narrow. */
  className: string | undefined
  columns: readonly GridColumn[]
  /** Pixels. */
  rowHeight: number
  /** What is looked at; another one begins at its top. */
  view: V
  place: ListPlace<V>
  ids: readonly string[]
  /** What waits to be shown. */
  fresh: Fresh
  /** Several rows can be chosen at once. */
  several?: boolean
  /** Id of the element that draws a row. */
  rowId: (id: string) => string
  row: (id: string, place: RowPlace) => ReactNode
}

/** A virtualised list in columns. Focus stays on the grid itself; the chosen row is its active descendant. */
export function Grid<V>({
  label,
  className,
  columns,
  rowHeight,
  view,
  place,
  ids,
  at,
  fresh,
  skeleton,
  several = false,
  rowId,
  row,
  onEnd,
  onMeasure,
}: Props<V>) {
  const body = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => body.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    initialOffset: place.store.get().scrollTop,
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

  const present = useRef({ at, virtual })
  useEffect(() => {
    present.current = { at, virtual }
  })
  useLayoutEffect(() => {
    const element = body.current
    if (!element) return
    let height = element.clientHeight
    const measured = () => {
      onMeasure(Math.floor(element.clientHeight / rowHeight))
      // A banner above or a bar below must not cover the chosen row.
      const { at, virtual } = present.current
      const bottom = (at + 1) * rowHeight - element.scrollTop
      if (bottom <= height && bottom > element.clientHeight) virtual.scrollToIndex(at, { align: 'auto' })
      height = element.clientHeight
    }
    measured()
    const observer = new ResizeObserver(measured)
    observer.observe(element)
    return () => observer.disconnect()
  }, [onMeasure, rowHeight])

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
    <div
      className={`${css.grid} ${className ?? ''}`}
      style={{ '--row': `${rowHeight}px` } as CSSProperties}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={ids.length + 1}
      aria-multiselectable={several || undefined}
      aria-activedescendant={chosen && rowId(chosen)}
    >
      <GridHead columns={columns} fresh={fresh} />
      <div
        ref={body}
        className={css.body}
        onScroll={(event) => {
          const { scrollTop } = event.currentTarget
          place.store.set((before) => ({ ...before, scrollTop }))
        }}
      >
        {skeleton ? (
          <Skeleton rows={SKELETON_ROWS} rowHeight={rowHeight} />
        ) : (
          // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
          <div role="rowgroup" className={css.rows} style={{ height: virtual.getTotalSize() }}>
            {items.map(({ index, start }) => {
              const id = ids[index]
              return (
                id && <Fragment key={id}>{row(id, { index, top: start, current: index === at })}</Fragment>
              )
            })}
          </div>
        )}
      </div>
      <p className="visually-hidden" aria-live="polite">
        {fresh.count > 0 ? fresh.said : ''}
      </p>
    </div>
  )
}
