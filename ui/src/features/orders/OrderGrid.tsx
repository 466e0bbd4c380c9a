import { useMediaQuery } from '@mantine/hooks'
import type { MouseEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Grid, type ListGridProps } from '@/components/Grid'
import type { GridColumn } from '@/components/GridHead'
import { count } from '@/lib/format'
import type { SortKey } from '@/protocol/protocol'
import css from './OrderGrid.module.css'
import { OrderRow } from './OrderRow'
import { changeView, type ListView, orderPlace, sortedBy } from './view'

interface Props extends ListGridProps {
  view: ListView
  ttns: readonly string[]
  marked: ReadonlySet<string>
  onPress: (ttn: string, event: MouseEvent) => void
  onOpen: (ttn: string) => void
}

/** The list of orders. */
export function OrderGrid({ view, ttns, at, fresh, marked, onPress, onOpen, onShowFresh, ...rest }: Props) {
  const { t } = useTranslation('orders')
  const wide = useMediaQuery('(min-width: 1600px)') ?? false
  const marking = marked.size > 0
  const column = (id: string, label: string, sort?: SortKey): GridColumn => ({
    id,
    label,
    sorted: sort && view.sort === sort ? view.direction : undefined,
    onSort: sort && (() => changeView(sortedBy(view, sort))),
  })
  return (
    <Grid
      {...rest}
      label={t('grid')}
      className={css.columns}
      several
      columns={[
        column('ttn', t('col.ttn'), 'ttn'),
        column('status', t('col.status'), 'status'),
        column('description', wide ? t('col.description') : t('col.descriptionLock'), 'description'),
        column('location', t('col.location'), 'location'),
        column('to', t('col.to')),
        column('updated', wide ? t('col.updatedWide') : t('col.updated'), 'updated'),
        column('sms', t('col.sms')),
        ...(wide ? [column('lock', t('col.lock'))] : []),
      ]}
      rowHeight={30}
      view={view}
      place={orderPlace}
      ids={ttns}
      at={at}
      fresh={{
        count: fresh,
        label: t('fresh', { count: fresh, shown: count(fresh) }),
        hint: t('freshHint'),
        said: t('said.fresh', { count: fresh }),
        testId: 'orders-fresh',
        onShow: onShowFresh,
      }}
      rowId={(ttn) => `row-${ttn}`}
      row={(ttn, place) => (
        <OrderRow
          ttn={ttn}
          {...place}
          wide={wide}
          marking={marking}
          selected={marking ? marked.has(ttn) : place.current}
          onPress={onPress}
          onOpen={onOpen}
        />
      )}
    />
  )
}
