import { useTranslation } from 'react-i18next'
import { PageHead } from '@/components/PageHead'

/** The screen's head; its owner fills it. */
export function OrderScreen() {
  const { t } = useTranslation('order')
  return <PageHead title={t('title')} />
}
