import type { MouseEvent, ReactNode } from 'react'
import css from './Grid.module.css'

/** Where a row stands. */
export interface RowPlace {
  /** Position in the list, from 0. */
  index: number
  /** Pixels from the top of the list. */
  top: number
  /** The keys are on it. */
  current: boolean
}

interface RowProps extends RowPlace {
  /** Id of the element. */
  id: string
  selected: boolean
  onPress: (event: MouseEvent) => void
  onOpen: () => void
  children: ReactNode
  [data: `data-${string}`]: string | boolean | undefined
}

/** A row. It stays in its place whatever happens to it. */
export function GridRow({ id, index, top, current, selected, onPress, onOpen, children, ...data }: RowProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: the screen's keys choose and open rows
    <div
      {...data}
      id={id}
      role="row"
      className={css.row}
      style={{ transform: `translateY(${top}px)` }}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-current={current || undefined}
      onClick={onPress}
      onDoubleClick={onOpen}
    >
      {children}
    </div>
  )
}

interface CellProps {
  /** Weaker text: what is not looked for first. */
  weak?: boolean
  /** Just changed: tinted for a moment. Give the cell a new `key` to start the tint again. */
  tinted?: boolean
  /** Names the columns that narrow windows leave out. */
  column?: string
  children: ReactNode
}

/** A cell of a row. */
export function GridCell({ weak = false, tinted = false, column, children }: CellProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus
    <div
      role="gridcell"
      className={css.cell}
      data-weak={weak || undefined}
      data-tinted={tinted || undefined}
      data-column={column}
    >
      {children}
    </div>
  )
}

/** Text of a cell on one line, cut off where it must be; `title` has it in full. */
export function CellText({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <span className={css.text} title={title}>
      {children}
    </span>
  )
}

/** Which cells of a row have just changed. The key is a new one with every change, so that a tint starts again. */
export function tints<C extends string>({ changed, mark }: { changed: readonly C[]; mark: number }) {
  const tinted = (cell: C) => changed.includes(cell)
  return { tinted, key: (cell: C) => `${cell}-${tinted(cell) ? mark : 0}` }
}
