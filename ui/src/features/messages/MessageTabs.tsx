import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { messageLook } from '@/components/messageLook'
import { type Tab, Tabs } from '@/components/Tabs'
import { useConnection } from '@/lib/connection'
import { clockSeconds } from '@/lib/format'
import type { MessageCounts, MessageTab } from '@/protocol/protocol'
import { changeView, type MessagesView, TABS } from './view'

function lookOf(tab: MessageTab): Pick<Tab<MessageTab>, 'icon' | 'status'> {
  if (tab === 'all') return {}
  if (tab === 'problems') return { icon: IconAlertTriangle, status: 'problem' }
  const look = messageLook[tab === 'waiting' ? 'queued' : tab]
  return { icon: look.icon, status: look.tone }
}

/** The states with their live counts; at the right how the list is ordered, or how old it is. */
export function MessageTabs({ view, counts }: { view: MessagesView; counts: MessageCounts | undefined }) {
  const { t } = useTranslation('messages')
  const link = useConnection((now) => now.link)
  const order = () => {
    if (link.state === 'offline') return t('asOf', { time: clockSeconds(link.since) })
    if (view.tab === 'all') return t('order.all')
    return t(view.tab === 'waiting' || view.tab === 'problems' ? 'order.waiting' : 'order.newest')
  }
  return (
    <Tabs
      label={t('tab.label')}
      active={view.tab}
      onChange={(tab) => changeView({ tab })}
      tabs={TABS.map((id) => ({ id, label: t(`tab.${id}`), count: counts?.[id], ...lookOf(id) }))}
      aside={order()}
    />
  )
}
