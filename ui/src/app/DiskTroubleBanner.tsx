import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Banner } from '@/components/Banner'
import { Button } from '@/components/Button'
import { useConnection } from '@/lib/connection'

/** Over every screen while this desktop's own files are in trouble: what that means for the work, and what to do. */
export function DiskTroubleBanner() {
  const { t } = useTranslation()
  const trouble = useConnection((now) => now.trouble)
  const [seen, setSeen] = useState<typeof trouble>()
  if (!trouble || trouble === seen) return null
  return trouble.is === 'set_aside' ? (
    <Banner
      kind="problem"
      title={t('disk.setAside', { count: trouble.files })}
      text={t('disk.setAsideText', { folder: trouble.folder })}
    >
      <Button onClick={() => setSeen(trouble)} data-testid="disk-seen">
        {t('disk.seen')}
      </Button>
    </Banner>
  ) : (
    <Banner kind="waiting" title={t('disk.notKept')} text={t('disk.notKeptText')} />
  )
}
