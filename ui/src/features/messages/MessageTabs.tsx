import { useTranslation } from 'react-i18next'
import { messageLook } from '@/components/messageLook'
import { Tabs } from '@/components/Tabs'
import { useConnection } from '@/lib/connection'
import { clockSeconds } from '@/lib/format'
import type { MessageCounts } from '@/protocol/protocol'
import { changeView, type MessagesView, TABS } from './view'

/** The states with their live counts; at the right how the list is ordered, or how old it is. */
export function MessageTabs({ view, counts }: { view: MessagesView; counts: MessageCounts | undefined }) {
  const { t } = useTranslation('messages')
  const link = useConnection((now) => now.link)
  const order = () => {
    if (link.state === 'offline') return t('asOf', { time: clockSeconds(link.since) })
    if (view.tab === 'all') return t('order.all')
    return t(view.tab === 'waiting' ? 'order.waiting' : 'order.newest')
  }
  return (
    <Tabs
      label={t('tab.label')}
      active={view.tab}
      onChange={(tab) => changeView({ tab })}
      tabs={TABS.map((id) => {
        const look = id === 'all' ? undefined : messageLook[id === 'waiting' ? 'queued' : id]
        return { id, label: t(`tab.${id}`), count: counts?.[id], icon: look?.icon, status: look?.tone }
      })}
      aside={order()}
    />
  )
}
