import { IconArrowRight, IconCircleCheckFilled, IconPencil, IconPlus, IconRuler2 } from '@tabler/icons-react'
import { useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { KeyHint } from '@/components/KeyHint'
import { Panel } from '@/components/Panel'
import { useSession } from '@/lib/connection'
import { useFormat } from '@/lib/format'
import { useKeys } from '@/lib/keys'
import { BoxPresets } from './BoxPresets'
import { CargoRowFields } from './CargoRowFields'
import css from './CargoStep.module.css'
import cargo from './CargoTable.module.css'
import {
  BOX_PRESETS,
  type BoxPreset,
  type CargoRow,
  type Draft,
  emptyRow,
  itemOf,
  presetOf,
  withPreset,
} from './draft'
import type { FormField } from './formField'
import type { RunningQuote } from './useQuote'

/** The most that an order may hold; the server's rule. */
const MAX_ITEMS = 50

interface Props {
  draft: Draft
  running: RunningQuote
  field: (path: string) => FormField
  onChange: (change: (before: Draft) => Draft) => void
  onEditParties: () => void
}

/** Step 2: the boxes. */
export function CargoStep({ draft, running, field, onChange, onEditParties }: Props) {
  const { t } = useTranslation('register')
  const { money, weight } = useFormat()
  const divisor = useSession()?.tariff.volume_divisor ?? 1
  const [active, setActive] = useState(draft.cargo[0]?.key)
  const table = useRef<HTMLTableElement>(null)
  const focusLast = useRef(false)
  const row = draft.cargo.find(({ key }) => key === active) ?? draft.cargo[0]

  const setRows = (change: (rows: CargoRow[]) => CargoRow[]) =>
    onChange((before) => ({ ...before, cargo: change(before.cargo) }))
  const changeRow = (key: string, change: Partial<CargoRow>) =>
    setRows((rows) => rows.map((one) => (one.key === key ? { ...one, ...change } : one)))
  const add = () => {
    if (draft.cargo.length >= MAX_ITEMS) return
    const key = String(Math.max(...draft.cargo.map((one) => Number(one.key))) + 1)
    focusLast.current = true
    setActive(key)
    setRows((rows) => [...rows, emptyRow(key)])
  }
  const choose = (preset: BoxPreset) => {
    if (!row) return
    changeRow(row.key, withPreset(row, preset))
    // Sides are done: what is missing is the weight.
    const position = draft.cargo.indexOf(row)
    table.current
      ?.querySelectorAll('tbody')
      [position]?.querySelector<HTMLInputElement>('[data-part=weight]')
      ?.focus()
  }
  useKeys(
    'screen',
    Object.fromEntries(
      BOX_PRESETS.map((preset, position) => [`Alt+Digit${position + 1}`, () => choose(preset)]),
    ),
  )

  const rows = draft.cargo.length
  // biome-ignore lint/correctness/useExhaustiveDependencies: the new row is focused once it is drawn
  useLayoutEffect(() => {
    if (!focusLast.current) return
    focusLast.current = false
    const inputs = table.current?.querySelectorAll<HTMLInputElement>('[data-part=length]')
    inputs?.[inputs.length - 1]?.focus()
  }, [rows])

  useLayoutEffect(() => table.current?.querySelector<HTMLInputElement>('input')?.focus(), [])

  const items = draft.cargo.map(itemOf)
  const sum = (of: (item: (typeof items)[number]) => number) =>
    items.map(of).reduce((total, part) => total + (Number.isFinite(part) ? part : 0), 0)
  const chosen = row && presetOf(itemOf(row).length_mm, itemOf(row).width_mm, itemOf(row).height_mm)
  const party = (name: string, place: string[]) => (
    <>
      <b>{name}</b> <span>{place.filter((part) => part.trim()).join(', ')}</span>
    </>
  )

  return (
    <>
      <Panel className={css.parties}>
        <div className={css.line}>
          <IconCircleCheckFilled size={20} className={css.done} aria-hidden />
          <p>{party(draft.sender.name, [draft.sender.city, draft.sender.street])}</p>
          <IconArrowRight size={16} stroke={1.8} aria-hidden />
          <p>{party(draft.recipient.name, [draft.recipient.city, draft.recipient.street])}</p>
          <p className={css.contents}>· {draft.description}</p>
          <Button look="ghost" icon={IconPencil} onClick={onEditParties}>
            {t('editParties')}
          </Button>
        </div>
      </Panel>
      <BoxPresets chosen={chosen?.id} onChoose={choose} />
      <Panel
        icon={IconRuler2}
        title={t('items')}
        note={<span className={cargo.count}>{rows}</span>}
        aside={t('formula', { divisor })}
        flush
        foot={
          <div className={cargo.foot}>
            <span className={cargo.add}>
              <Button
                look="ghost"
                icon={IconPlus}
                onClick={add}
                disabled={rows >= MAX_ITEMS}
                data-testid="cargo-add"
              >
                {t('add')}
              </Button>
              <span className={cargo.hint}>
                {t('or')} <KeyHint keys="Enter" /> {t('inLast')}
              </span>
            </span>
            <span className={cargo.sums}>
              <span>
                {t('totalWeight')} <b>{weight(sum((item) => item.weight_g))}</b>
              </span>
              <span>
                {t('totalChargeable')} <b>{weight(running.quote?.price.chargeable_g ?? 0)}</b>
              </span>
              <span>
                {t('totalDeclared')} <b>{money(sum((item) => item.declared_minor))}</b>
              </span>
            </span>
          </div>
        }
      >
        <table className={cargo.table} aria-label={t('items')} ref={table}>
          <thead>
            <tr className={cargo.head}>
              <th>{t('number')}</th>
              <th>{t('box')}</th>
              {(['length', 'width', 'height', 'weight', 'volume', 'chargeable', 'declared'] as const).map(
                (part) => (
                  <th key={part} className={cargo.end}>
                    {t(part)}
                  </th>
                ),
              )}
              <th aria-hidden />
            </tr>
          </thead>
          {draft.cargo.map((one, position) => (
            <CargoRowFields
              key={one.key}
              row={one}
              position={position}
              active={one.key === row?.key}
              chargeable={running.chargeable.get(one.key)}
              divisor={divisor}
              removable={rows > 1}
              field={field}
              onChange={(change) => changeRow(one.key, change)}
              onRemove={() => setRows((before) => before.filter(({ key }) => key !== one.key))}
              onFocus={() => setActive(one.key)}
              onEnd={add}
            />
          ))}
        </table>
      </Panel>
    </>
  )
}
