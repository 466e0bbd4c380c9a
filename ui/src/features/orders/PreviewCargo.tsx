import { useTranslation } from 'react-i18next'
import { NO_BREAK, size, useFormat } from '@/lib/format'
import type { Order } from '@/protocol/protocol'
import css from './Preview.module.css'

/** Items with size, weight and declared value; wide windows only. */
export function PreviewCargo({ order }: { order: Order }) {
  const { t } = useTranslation('orders')
  const { t: word } = useTranslation()
  const { money, weight } = useFormat()
  return (
    <section className={css.cargo}>
      <header className={css.historyHead}>
        <h2>{t('preview.cargo')}</h2>
        <span className={css.meta}>
          {t('preview.chargeable', { weight: weight(order.price.chargeable_g) })}
        </span>
      </header>
      <table aria-label={word('items', { count: order.cargo.length })}>
        <tbody>
          {order.cargo.map((item) => (
            <tr key={item.number}>
              <td>{item.number}</td>
              <td>
                {size(item.length_mm, item.width_mm, item.height_mm)}
                {NO_BREAK}
                {word('mm')}
              </td>
              <td>{weight(item.weight_g)}</td>
              <td>{money(item.declared_minor)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
