import type { ReactNode } from 'react'
import css from './GridRow.module.css'

interface Props {
  /** Weaker text: what is not looked for first. */
  weak?: boolean
  /** Just changed: tinted for a moment. Give the cell a new `key` to start the tint again. */
  tinted?: boolean
  /** Names the columns that narrow windows leave out. */
  column?: 'to'
  children: ReactNode
}

/** A cell of a row. */
export function GridCell({ weak = false, tinted = false, column, children }: Props) {
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
