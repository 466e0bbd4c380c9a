import { useTranslation } from 'react-i18next'
import { EditingNow } from '@/components/EditingNow'
import { OrderTimeline } from '@/components/OrderTimeline'
import { phone, size, useFormat } from '@/lib/format'
import type { OrderDetails, Party } from '@/protocol/protocol'
import { OrderMessages } from './OrderMessages'
import css from './OrderScreen.module.css'

/** The parts of the order page behind its tabs. */
export type Part = 'timeline' | 'cargo' | 'parties' | 'messages'

/** One part of the order page. */
export function OrderPanel({ part, details }: { part: Part; details: OrderDetails }) {
  switch (part) {
    case 'timeline':
      return <OrderTimeline entries={details.timeline} seconds now={<EditingNow ttn={details.order.ttn} />} />
    case 'cargo':
      return <Cargo details={details} />
    case 'parties':
      return <Parties details={details} />
    case 'messages':
      return <OrderMessages details={details} />
  }
}

function Cargo({ details }: { details: OrderDetails }) {
  const { t } = useTranslation('order')
  const { weight, money } = useFormat()
  const { cargo } = details.order
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th>{t('cargo.number')}</th>
          <th>{t('cargo.size')}</th>
          <th className={css.number}>{t('cargo.weight')}</th>
          <th className={css.number}>{t('cargo.declared')}</th>
        </tr>
      </thead>
      <tbody>
        {cargo.map((item) => (
          <tr key={item.number}>
            <td>
              <b>{item.number}</b>
            </td>
            <td>{size(item.length_mm, item.width_mm, item.height_mm)}</td>
            <td className={css.number}>{weight(item.weight_g)}</td>
            <td className={css.number}>{money(item.declared_minor)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td />
          <td>{t('cargo.total')}</td>
          <td className={css.number}>{weight(cargo.reduce((sum, item) => sum + item.weight_g, 0))}</td>
          <td className={css.number}>{money(cargo.reduce((sum, item) => sum + item.declared_minor, 0))}</td>
        </tr>
      </tfoot>
    </table>
  )
}

function Parties({ details }: { details: OrderDetails }) {
  const { t } = useTranslation('order')
  const { sender, recipient, payer } = details.order
  const side = (title: string, party: Party) => (
    <section className={css.party}>
      <h3>{title}</h3>
      <p>
        <b>{party.name}</b>
      </p>
      <p>{phone(party.phone)}</p>
      <p>
        {party.location.city}, {party.location.street}
      </p>
    </section>
  )
  return (
    <div className={css.parties}>
      {side(t('parties.sender'), sender)}
      {side(t('parties.recipient'), recipient)}
      <p className={css.meta}>{t(`parties.payer.${payer}`)}</p>
    </div>
  )
}
