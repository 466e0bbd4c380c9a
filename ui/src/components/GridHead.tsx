import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { Direction } from '@/protocol/protocol'
import { FreshPill } from './FreshPill'
import css from './Grid.module.css'

/** A column of a grid. */
export interface GridColumn {
  id: string
  label: string
  /** A press sorts by it. */
  onSort?: () => void
  /** The list is sorted by it. */
  sorted?: Direction | undefined
}

/** New rows that wait to be shown. */
export interface Fresh {
  count: number
  /** On the pill: "12 new". */
  label: string
  hint: string
  /** Told to a reader. */
  said: string
  testId: string
  onShow: () => void
}

/** Column heads. The pill of waiting rows stands in that of the TTN, so that it never covers a row. */
export function GridHead({ columns, fresh }: { columns: readonly GridColumn[]; fresh: Fresh }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus
    <div className={css.head} role="row" aria-rowindex={1}>
      {columns.map(({ id, label, onSort, sorted }) => (
        // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
        // biome-ignore lint/a11y/useFocusableInteractive: the button inside has the focus
        <div key={id} role="columnheader" className={css.headCell} data-column={id} aria-sort={sorted}>
          {onSort ? (
            <button type="button" className={css.sort} data-active={sorted && true} onClick={onSort}>
              {label}
              {sorted === 'ascending' && <IconArrowUp size={13} stroke={2} aria-hidden />}
              {sorted === 'descending' && <IconArrowDown size={13} stroke={2} aria-hidden />}
            </button>
          ) : (
            label
          )}
          {id === 'ttn' && fresh.count > 0 && (
            <FreshPill hint={fresh.hint} data-testid={fresh.testId} onClick={fresh.onShow}>
              {fresh.label}
            </FreshPill>
          )}
        </div>
      ))}
    </div>
  )
}
