import { useTranslation } from 'react-i18next'
import { damageSeen, useDamagedDraft } from '@/lib/drafts'
import type { DraftName } from '@/protocol/protocol'
import { Banner } from './Banner'
import { Button } from './Button'

/** Stands where a draft would have been that this desktop's disk damaged. */
export function DamagedDraft({ name }: { name: DraftName }) {
  const { t } = useTranslation()
  const file = useDamagedDraft(name)
  if (file === undefined) return null
  return (
    <Banner kind="waiting" title={t('draft.damaged')} text={t('draft.damagedText', { file })}>
      <Button onClick={() => damageSeen(name)} data-testid="draft-damage-seen">
        {t('disk.seen')}
      </Button>
    </Banner>
  )
}
