import { IconTrash } from '@tabler/icons-react'
import { type KeyboardEvent, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '@/components/IconButton'
import { useFormat } from '@/lib/format'
import css from './CargoTable.module.css'
import { CARGO_PARTS, type CargoPart, type CargoRow, cargoPath, itemOf, presetOf } from './draft'
import type { FormField } from './formField'

interface Props {
  row: CargoRow
  position: number
  active: boolean
  /** Grams to pay for; absent while something is wrong with the row. */
  chargeable: number | undefined
  divisor: number
  removable: boolean
  field: (path: string) => FormField
  onChange: (change: Partial<CargoRow>) => void
  onRemove: () => void
  onFocus: () => void
  /** Enter in the last field. */
  onEnd: () => void
}

/** One cargo item: sides, weight and declared value, with what follows from them. */
export function CargoRowFields(props: Props) {
  const { row, position, active, chargeable, divisor, removable, field, onChange, onRemove, onFocus, onEnd } =
    props
  const { t } = useTranslation('register')
  const { kilograms, weight } = useFormat()
  const id = useId()
  const item = itemOf(row)
  const sides = [item.length_mm, item.width_mm, item.height_mm] as const
  const volume = sides[0] * sides[1] * sides[2]
  const box = presetOf(...sides)
  const errors = CARGO_PARTS.map((part) => field(cargoPath(position, part)).error).filter(
    (error) => error !== undefined,
  )

  const next = (event: KeyboardEvent<HTMLInputElement>, part: CargoPart) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    if (part === 'declared') return onEnd()
    const after = CARGO_PARTS[CARGO_PARTS.indexOf(part) + 1]
    event.currentTarget.closest('tr')?.querySelector<HTMLInputElement>(`[data-part=${after}]`)?.focus()
  }

  return (
    <tbody>
      <tr className={css.row} data-active={active || undefined} onFocus={onFocus}>
        <td className={css.number}>{position + 1}</td>
        <td>
          {sides.every(Number.isFinite) && <span className={css.box}>{t(`box.${box?.id ?? 'own'}`)}</span>}
        </td>
        {CARGO_PARTS.map((part) => {
          const { error, input } = field(cargoPath(position, part))
          const cell = (
            <td key={part} className={css[part]}>
              <input
                {...input}
                className={css.input}
                data-part={part}
                inputMode={part === 'declared' ? 'decimal' : 'numeric'}
                autoComplete="off"
                aria-label={t('cell', { part: t(part), number: position + 1 })}
                aria-invalid={error ? true : undefined}
                aria-describedby={error ? `${id}-errors` : undefined}
                value={row[part]}
                onFocus={(event) => event.currentTarget.select()}
                onChange={(event) => onChange({ [part]: event.target.value })}
                onKeyDown={(event) => next(event, part)}
              />
            </td>
          )
          if (part !== 'declared') return cell
          // What follows from sides and weight stands before the declared value.
          return [
            <td key="volume" className={css.figure}>
              {Number.isFinite(volume) ? kilograms(volume / divisor) : '—'}
            </td>,
            <td key="chargeable" className={css.figure}>
              <b>{chargeable === undefined ? '—' : weight(chargeable)}</b>
            </td>,
            cell,
          ]
        })}
        <td className={css.remove}>
          {removable && (
            <IconButton icon={IconTrash} label={t('remove', { number: position + 1 })} onClick={onRemove} />
          )}
        </td>
      </tr>
      {errors.length > 0 && (
        <tr className={css.errors}>
          <td id={`${id}-errors`} colSpan={10} aria-live="polite">
            {[...new Set(errors)].join(' · ')}
          </td>
        </tr>
      )}
    </tbody>
  )
}
