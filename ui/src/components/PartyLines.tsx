import { useTranslation } from 'react-i18next'
import { maskedPhone, phone, useFormat } from '@/lib/format'
import type { Order, Party } from '@/protocol/protocol'
import css from './PartyLines.module.css'

interface Props {
  order: Order
  /** Whole phone numbers instead of masked ones; only where a clerk asked for them. */
  unmasked?: boolean
}

/** Sender, recipient, contents and price of an order. Phones are masked: a customer may see the screen. */
export function PartyLines({ order, unmasked = false }: Props) {
  const { t } = useTranslation()
  const { money } = useFormat()
  const declared = order.cargo.reduce((sum, item) => sum + item.declared_minor, 0)
  const party = ({ name, phone: number }: Party) => (
    <>
      <b>{name}</b> <span>· {unmasked ? phone(number) : maskedPhone(number)}</span>
    </>
  )
  return (
    <dl className={css.lines}>
      <dt>{t('party.sender')}</dt>
      <dd>{party(order.sender)}</dd>
      <dt>{t('party.recipient')}</dt>
      <dd>{party(order.recipient)}</dd>
      <dt>{t('party.contents')}</dt>
      <dd>{order.description}</dd>
      <dt>{t('party.price')}</dt>
      <dd>
        <b>{money(order.price.total_minor)}</b>{' '}
        <span>· {t('party.declared', { amount: money(declared) })}</span>
      </dd>
    </dl>
  )
}
