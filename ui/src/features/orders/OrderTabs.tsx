import { IconClock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Tabs } from '@/components/Tabs'
import { useConnection } from '@/lib/connection'
import { stamp } from '@/lib/format'
import type { OrderCounts } from '@/protocol/protocol'
import css from './OrderTabs.module.css'
import { changeView, type ListView, TABS } from './view'

interface Props {
  view: ListView
  counts: OrderCounts | undefined
}

/** The statuses with their live counts; at the right how the list is sorted, or how old it is. */
export function OrderTabs({ view, counts }: Props) {
  const { t } = useTranslation('orders')
  const link = useConnection((now) => now.link)
  return (
    <Tabs
      label={t('tab.label')}
      active={view.tab}
      onChange={(tab) => changeView({ tab })}
      tabs={TABS.map((id) => ({
        id,
        label: t(`tab.${id}`),
        count: counts?.[id],
        status: id === 'all' ? undefined : id,
      }))}
      aside={
        link.state === 'offline' ? (
          <span className={css.asOf}>
            <IconClock size={14} stroke={1.8} aria-hidden />
            {t('asOf', { time: stamp(link.as_of ?? link.since, Date.now(), true) })}
          </span>
        ) : (
          t(view.tab === 'problem' ? 'sorted.problem' : `sorted.${view.sort}`)
        )
      }
    />
  )
}
