import { IconCash } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Panel } from '@/components/Panel'
import { useSession } from '@/lib/connection'
import { useFormat } from '@/lib/format'
import type { Quote } from '@/protocol/protocol'
import css from './PricePanel.module.css'

interface Props {
  quote: Quote | undefined
  /** Under the total. */
  note?: ReactNode
}

/** What the parcel costs by today's tariff, as far as it is known. */
export function PricePanel({ quote, note }: Props) {
  const { t } = useTranslation('register')
  const { money, amount, weight, percent } = useFormat()
  const tariff = useSession()?.tariff
  if (!tariff) return null
  const price = quote?.price
  const later = <span className={css.later}>{t('price.later')}</span>
  return (
    <Panel
      icon={IconCash}
      title={t('price.title')}
      aside={t('price.tariff', { version: tariff.version })}
      flush
    >
      <dl className={css.lines}>
        <dt>{t('price.base')}</dt>
        <dd>{money(tariff.base_minor)}</dd>
        <dt data-later={!price || undefined}>
          {price
            ? t('price.weightOf', { weight: weight(price.chargeable_g), rate: amount(tariff.per_kg_minor) })
            : t('price.weight')}
        </dt>
        <dd>{price ? money(price.weight_minor) : later}</dd>
        <dt data-later={!price || undefined}>
          {t('price.declared', { percent: percent(tariff.declared_basis_points) })}
        </dt>
        <dd>{price ? money(price.declared_minor) : later}</dd>
      </dl>
      <div className={css.total} aria-live="polite">
        <p className={css.sum}>
          <span>{t('price.toPay')}</span>
          <b data-testid="register-price">
            {price ? money(price.total_minor) : t('price.from', { amount: money(tariff.base_minor) })}
          </b>
        </p>
        {note && <p className={css.note}>{note}</p>}
      </div>
    </Panel>
  )
}
