import { IconChevronLeft, IconChevronRight, IconPrinter } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Barcode } from '@/components/Barcode'
import { IconButton } from '@/components/IconButton'
import { Logo } from '@/components/Logo'
import { Ttn } from '@/components/Ttn'
import { clock, date, useFormat } from '@/lib/format'
import type { Order } from '@/protocol/protocol'
import { presetOf } from './draft'
import css from './LabelPreview.module.css'

/** The label of each item as it goes on the parcel: 100 × 150 mm, black on white in every theme. */
export function LabelPreview({ order }: { order: Order }) {
  const { t } = useTranslation('register')
  const { money, weight } = useFormat()
  const [shown, setShown] = useState(0)
  const all = order.cargo.length
  const item = order.cargo[Math.min(shown, all - 1)]
  if (!item) return null
  const box = presetOf(item.length_mm, item.width_mm, item.height_mm)?.id ?? 'own'
  const { recipient, sender } = order
  return (
    <section className={css.column} aria-label={t('label')}>
      <header className={css.head}>
        <IconPrinter size={16} stroke={1.7} aria-hidden />
        <b>{t('label')}</b>
        {all > 1 ? (
          <span className={css.turn}>
            <IconButton
              icon={IconChevronLeft}
              label={t('label.previous')}
              disabled={shown === 0}
              onClick={() => setShown(shown - 1)}
            />
            <IconButton
              icon={IconChevronRight}
              label={t('label.next')}
              disabled={shown === all - 1}
              onClick={() => setShown(shown + 1)}
            />
          </span>
        ) : (
          <span className={css.note}>{t('labelPreview')}</span>
        )}
      </header>
      <div className={css.frame}>
        <article className={css.label} translate="no">
          <header className={css.top}>
            <span className={css.brand}>
              <Logo size={24} plain />
              PostOffice
            </span>
            <span className={css.of}>
              {item.number} / {all}
            </span>
          </header>
          <p className={css.from}>
            {t('label.from', {
              name: sender.name,
              place: `${sender.location.city}, ${sender.location.street}`,
            })}
          </p>
          <p className={css.caption}>{t('label.to')}</p>
          <p className={css.city}>{recipient.location.city}</p>
          <p className={css.street}>{recipient.location.street}</p>
          <p className={css.name}>{recipient.name}</p>
          <dl className={css.facts}>
            <div>
              <dt>{t('label.box')}</dt>
              <dd>{t(`box.${box}`)}</dd>
            </div>
            <div>
              <dt>{t('label.weight')}</dt>
              <dd>{weight(item.weight_g)}</dd>
            </div>
            <div>
              <dt>{t('label.value')}</dt>
              <dd>{money(item.declared_minor)}</dd>
            </div>
          </dl>
          <p className={css.when}>
            {date(order.registered_at)}, {clock(order.registered_at)}
          </p>
          <div className={css.code}>
            <Barcode digits={order.ttn} module={2} height={124} />
            <Ttn value={order.ttn} size="preview" />
            <p>{t('label.item', { code: `${order.ttn}-${item.number}` })}</p>
          </div>
        </article>
      </div>
    </section>
  )
}
