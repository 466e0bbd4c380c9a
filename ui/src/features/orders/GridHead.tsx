import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { FreshPill } from '@/components/FreshPill'
import { count } from '@/lib/format'
import type { SortKey } from '@/protocol/protocol'
import css from './GridHead.module.css'
import { changeView, type ListView, sortedBy } from './view'

interface Props {
  view: ListView
  wide: boolean
  /** How many new orders wait above. */
  fresh: number
  onTop: () => void
}

interface Column {
  id: string
  label: string
  sort?: SortKey
}

/** Column heads. A press sorts; the pill of waiting orders stands in the first, so that it never covers a row. */
export function GridHead({ view, wide, fresh, onTop }: Props) {
  const { t } = useTranslation('orders')
  const columns: Column[] = [
    { id: 'ttn', label: t('col.ttn'), sort: 'ttn' },
    { id: 'status', label: t('col.status'), sort: 'status' },
    {
      id: 'description',
      label: wide ? t('col.description') : t('col.descriptionLock'),
      sort: 'description',
    },
    { id: 'location', label: t('col.location'), sort: 'location' },
    { id: 'to', label: t('col.to') },
    { id: 'updated', label: wide ? t('col.updatedWide') : t('col.updated'), sort: 'updated' },
    { id: 'sms', label: t('col.sms') },
    ...(wide ? [{ id: 'lock', label: t('col.lock') }] : []),
  ]
  const Arrow = view.direction === 'ascending' ? IconArrowUp : IconArrowDown
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus
    <div className={css.head} role="row" aria-rowindex={1}>
      {columns.map(({ id, label, sort }) => {
        const active = sort !== undefined && view.sort === sort
        return (
          // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
          // biome-ignore lint/a11y/useFocusableInteractive: the button inside has the focus
          <div
            key={id}
            role="columnheader"
            className={css.cell}
            data-column={id}
            aria-sort={active ? view.direction : undefined}
          >
            {sort ? (
              <button
                type="button"
                className={css.sort}
                data-active={active || undefined}
                onClick={() => changeView(sortedBy(view, sort))}
              >
                {label}
                {active && <Arrow size={13} stroke={2} aria-hidden />}
              </button>
            ) : (
              label
            )}
            {id === 'ttn' && fresh > 0 && (
              <FreshPill hint={t('freshHint')} data-testid="orders-fresh" onClick={onTop}>
                {t('fresh', { count: fresh, shown: count(fresh) })}
              </FreshPill>
            )}
          </div>
        )
      })}
    </div>
  )
}
