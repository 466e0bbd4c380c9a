import { IconCheck, IconClock, IconCloudOff, IconShieldCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useEditAgain } from '@/components/useEditAgain'
import { WaitingList } from '@/components/WaitingList'
import { useConnection } from '@/lib/connection'
import css from './WaitingPane.module.css'

/** What waits for the link to come back, in the order in which it will be sent, and what works meanwhile. */
export function WaitingPane() {
  const { t } = useTranslation('orders')
  const pending = useConnection((now) => now.pending)
  const editAgain = useEditAgain()
  return (
    <>
      <header className={css.head}>
        <IconClock size={17} stroke={1.8} aria-hidden />
        <h2>{t('queue.title')}</h2>
        <span className={css.count}>{pending.length}</span>
      </header>
      <WaitingList onEdit={editAgain} />
      <p className={css.once}>
        <IconShieldCheck size={18} stroke={1.7} aria-hidden />
        <span>
          <b>{t('queue.onceTitle')}</b> {t('queue.once')}
        </span>
      </p>
      <section className={css.without}>
        <h3>{t('queue.without')}</h3>
        <ul>
          <li>
            <IconCheck size={16} stroke={2} aria-hidden /> {t('queue.read')}
          </li>
          <li>
            <IconCheck size={16} stroke={2} aria-hidden /> {t('queue.fill')}
          </li>
          <li data-not>
            <IconCloudOff size={16} stroke={1.8} aria-hidden /> {t('queue.not')}{' '}
            <small>{t('queue.notAvailable')}</small>
          </li>
        </ul>
      </section>
    </>
  )
}
