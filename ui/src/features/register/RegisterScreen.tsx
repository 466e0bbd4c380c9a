import { useTranslation } from 'react-i18next'
import { PageHead } from '@/components/PageHead'

/** The screen's head; its owner fills it. */
export function RegisterScreen() {
  const { t } = useTranslation('register')
  return <PageHead title={t('title')} />
}
