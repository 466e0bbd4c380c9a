import { IconMessage2, IconPackageImport, IconTable } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Logo } from '@/components/Logo'
import { useMessageCounts } from '@/lib/messageCounts'
import { EmployeeMenu } from './EmployeeMenu'
import css from './Rail.module.css'
import { RailItem } from './RailItem'
import { SettingsMenu } from './SettingsMenu'

/** Where am I: the screens over each other, settings and the employee at the bottom. */
export function Rail() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const counts = useMessageCounts()
  return (
    <nav className={css.rail} aria-label={t('rail.label')}>
      <button
        type="button"
        className={css.home}
        aria-label={t('appName')}
        onClick={() => navigate('/orders')}
      >
        <Logo />
      </button>
      <RailItem to="/register" icon={IconPackageImport} keys="F2" label={t('rail.register')} />
      <RailItem to="/orders" icon={IconTable} keys="F3" label={t('rail.orders')} />
      <RailItem
        to="/messages"
        icon={IconMessage2}
        keys="F9"
        label={t('rail.messages')}
        badge={counts?.problems}
      />
      <div className={css.rest} />
      <SettingsMenu />
      <EmployeeMenu />
    </nav>
  )
}
