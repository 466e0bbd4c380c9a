import { IconRefresh } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Banner } from '@/components/Banner'
import { Button } from '@/components/Button'

/** Stands where a screen could not be drawn. The frame and the link to the server go on. */
export function ScreenCrash() {
  const { t } = useTranslation()
  return (
    <Banner kind="problem" title={t('crash.title')} text={t('crash.text')}>
      <Button icon={IconRefresh} onClick={() => window.location.reload()}>
        {t('retry')}
      </Button>
    </Banner>
  )
}
