import { IconMapPin } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { count as grouped } from '@/lib/format'
import css from './MarkedBar.module.css'

interface Props {
  count: number
  onPlace: () => void
  onNone: () => void
}

/** Under the list while orders are marked: how many, and what can be done with all of them. */
export function MarkedBar({ count, onPlace, onNone }: Props) {
  const { t } = useTranslation('orders')
  return (
    <section className={css.bar} aria-label={t('marked.label')} data-testid="marked">
      <span className={css.count} role="status">
        {t('marked.count', { count, shown: grouped(count) })}
      </span>
      <span className={css.hint}>{t('marked.hint')}</span>
      <Button look="ghost" keys="Escape" onClick={onNone}>
        {t('marked.none')}
      </Button>
      <Button look="soft" icon={IconMapPin} keys="F6" onClick={onPlace} data-testid="marked-place">
        {t('marked.place')}
      </Button>
    </section>
  )
}
