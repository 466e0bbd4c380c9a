import { IconFileText, IconMapPin, IconUser } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Panel } from '@/components/Panel'
import { SelectField } from '@/components/SelectField'
import { TextField } from '@/components/TextField'
import type { Language, Payer } from '@/protocol/protocol'
import type { Draft } from './draft'
import type { FormField } from './formField'
import css from './PartiesStep.module.css'
import { PartyPanel } from './PartyPanel'

interface Props {
  draft: Draft
  field: (path: string) => FormField
  onChange: (change: (before: Draft) => Draft) => void
}

/** Step 1: who sends what to whom. */
export function PartiesStep({ draft, field, onChange }: Props) {
  const { t } = useTranslation('register')
  const description = field('description')
  return (
    <>
      <div className={css.sides}>
        <PartyPanel
          icon={IconUser}
          title={t('payer.sender')}
          side="sender"
          party={draft.sender}
          field={field}
          autoFocus={!draft.sender.phone}
          onChange={(change) =>
            onChange((before) => ({ ...before, sender: { ...before.sender, ...change } }))
          }
        />
        <PartyPanel
          icon={IconMapPin}
          title={t('payer.recipient')}
          side="recipient"
          party={draft.recipient}
          field={field}
          autoFocus={Boolean(draft.sender.phone)}
          onChange={(change) =>
            onChange((before) => ({ ...before, recipient: { ...before.recipient, ...change } }))
          }
        />
      </div>
      <Panel icon={IconFileText} title={t('order')}>
        <div className={css.order}>
          <TextField
            label={t('contents')}
            value={draft.description}
            hint={t('contentsHint')}
            error={description.error}
            onChange={(event) => onChange((before) => ({ ...before, description: event.target.value }))}
            {...description.input}
          />
          <SelectField
            label={t('payer')}
            value={draft.payer}
            options={(['sender', 'recipient'] as const).map((value) => ({
              value,
              label: t(`payer.${value}`),
            }))}
            onChange={(payer) => onChange((before) => ({ ...before, payer: payer as Payer }))}
          />
          <SelectField
            label={t('language')}
            value={draft.language}
            options={(['uk', 'en'] as const).map((value) => ({ value, label: t(`language.${value}`) }))}
            onChange={(language) => onChange((before) => ({ ...before, language: language as Language }))}
          />
        </div>
      </Panel>
    </>
  )
}
