import { IconArrowRight, IconCube, IconMessage2, IconPencil } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { Panel } from '@/components/Panel'
import { SmsBubble } from '@/components/SmsBubble'
import { size, useFormat } from '@/lib/format'
import { useSmsPreview } from '@/lib/texts'
import type { PartyDraft } from '@/protocol/protocol'
import css from './ConfirmStep.module.css'
import { type Draft, itemOf, presetOf } from './draft'
import type { RunningQuote } from './useQuote'

interface Props {
  draft: Draft
  running: RunningQuote
  onEditCargo: () => void
}

/** Step 3: everything once more, as the customer will hear it. */
export function ConfirmStep({ draft, running, onEditCargo }: Props) {
  const { t } = useTranslation('register')
  const { t: word } = useTranslation()
  const { money, weight } = useFormat()
  const preview = useSmsPreview('accepted', draft.language)
  const items = draft.cargo.map((row) => ({ row, item: itemOf(row) }))
  const party = (side: 'sender' | 'recipient', { name, phone, city, street }: PartyDraft) => (
    <div className={css.party}>
      <p className={css.label}>{t(`payer.${side}`)}</p>
      <p className={css.name}>{name}</p>
      <p>
        {phone}
        {side === 'recipient' && <span> · {t('party.mobile')}</span>}
      </p>
      <p className={css.city}>{city}</p>
      <p className={css.street}>{street}</p>
    </div>
  )
  return (
    <>
      <Panel>
        <div className={css.parties}>
          {party('sender', draft.sender)}
          <span className={css.arrow}>
            <IconArrowRight size={20} stroke={2} aria-hidden />
          </span>
          {party('recipient', draft.recipient)}
        </div>
      </Panel>
      <Panel
        icon={IconCube}
        title={draft.description}
        note={<span className={css.count}>{word('items', { count: items.length })}</span>}
        aside={
          <Button look="ghost" icon={IconPencil} onClick={onEditCargo}>
            {t('editCargo')}
          </Button>
        }
        flush
      >
        <table className={css.table}>
          <thead>
            <tr>
              <th>{t('number')}</th>
              <th>{t('box')}</th>
              <th>{t('size')}</th>
              <th>{t('totalWeight')}</th>
              <th>{t('chargeable')}</th>
              <th>{t('totalDeclared')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ row, item }, position) => {
              const sides = [item.length_mm, item.width_mm, item.height_mm] as const
              return (
                <tr key={row.key}>
                  <td>
                    <b>{position + 1}</b>
                  </td>
                  <td>
                    <span className={css.box}>{t(`box.${presetOf(...sides)?.id ?? 'own'}`)}</span>
                  </td>
                  <td>{size(...sides)}</td>
                  <td>{weight(item.weight_g)}</td>
                  <td>
                    <b>{weight(running.chargeable.get(row.key) ?? item.weight_g)}</b>
                  </td>
                  <td>{money(item.declared_minor)}</td>
                </tr>
              )
            })}
          </tbody>
          <tfoot>
            <tr>
              <td />
              <td />
              <td>{t('total')}</td>
              <td>{weight(items.reduce((sum, { item }) => sum + item.weight_g, 0))}</td>
              <td>{weight(running.quote?.price.chargeable_g ?? 0)}</td>
              <td>{money(items.reduce((sum, { item }) => sum + item.declared_minor, 0))}</td>
            </tr>
          </tfoot>
        </table>
      </Panel>
      <Panel
        icon={IconMessage2}
        title={t('sms')}
        aside={preview && t('smsSize', { used: preview.used, limit: preview.limit, count: preview.segments })}
      >
        <div className={css.sms}>
          <SmsBubble language={draft.language} text={preview?.text} data-testid="register-sms" />
          <p className={css.note}>{t('smsTemplate')}</p>
        </div>
      </Panel>
    </>
  )
}
