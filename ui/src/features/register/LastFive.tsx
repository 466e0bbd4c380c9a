import { IconHistory } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { Panel } from '@/components/Panel'
import { Ttn } from '@/components/Ttn'
import { serverNow } from '@/lib/clock'
import { clockOrDay } from '@/lib/format'
import { core } from '@/lib/platform'
import css from './LastFive.module.css'

/** The last five registered at this station. */
export function LastFive() {
  const { t } = useTranslation('register')
  const { data } = useQuery({ queryKey: ['recent'], queryFn: () => core.request('orders.recent', {}) })
  return (
    <Panel icon={IconHistory} title={t('recent')} flush>
      {data?.rows.length === 0 && <p className={css.none}>{t('noRecent')}</p>}
      <ol className={css.list}>
        {data?.rows.map((row) => (
          <li key={row.ttn}>
            <Link className={css.row} to={`/orders/${row.ttn}`}>
              <Ttn value={row.ttn} />
              <span className={css.city}>{row.recipient_city}</span>
              <time className={css.time}>{clockOrDay(row.registered_at, serverNow())}</time>
            </Link>
          </li>
        ))}
      </ol>
    </Panel>
  )
}
