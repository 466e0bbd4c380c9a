import type { Icon } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Panel } from '@/components/Panel'
import { TextField } from '@/components/TextField'
import type { PartyDraft } from '@/protocol/protocol'
import type { FormField } from './formField'
import css from './PartiesStep.module.css'
import { readablePhone } from './readablePhone'

const PARTS = ['phone', 'name', 'city', 'street'] as const

interface Props {
  icon: Icon
  title: string
  side: 'sender' | 'recipient'
  party: PartyDraft
  field: (path: string) => FormField
  autoFocus?: boolean
  onChange: (change: Partial<PartyDraft>) => void
}

/** Phone, name and place of one side. */
export function PartyPanel({ icon, title, side, party, field, autoFocus, onChange }: Props) {
  const { t } = useTranslation('register')
  const of = (part: (typeof PARTS)[number]) => field(`${side}.${part}`)
  const ready = PARTS.filter((part) => party[part].trim() && of(part).good).length
  const phone = of('phone')
  const line = (part: 'name' | 'city' | 'street', label: string) => {
    const { input, error } = of(part)
    return (
      <TextField
        label={label}
        value={party[part]}
        error={error}
        onChange={(event) => onChange({ [part]: event.target.value })}
        {...input}
      />
    )
  }
  return (
    <Panel icon={icon} title={title} aside={t('party.ready', { ready, all: PARTS.length })}>
      <div className={css.fields}>
        <TextField
          label={t('party.phone')}
          type="tel"
          value={party.phone}
          autoFocus={autoFocus}
          hint={t(side === 'sender' ? 'party.contactHint' : 'party.smsHint')}
          error={phone.error}
          ok={Boolean(party.phone.trim()) && phone.good && phone.left}
          onChange={(event) => onChange({ phone: event.target.value })}
          {...phone.input}
          onBlur={() => {
            phone.input.onBlur()
            if (phone.good) onChange({ phone: readablePhone(party.phone) })
          }}
        />
        {line('name', t('party.name'))}
        <div className={css.place}>
          {line('city', t('party.city'))}
          {line('street', t(side === 'sender' ? 'party.senderStreet' : 'party.recipientStreet'))}
        </div>
      </div>
    </Panel>
  )
}
