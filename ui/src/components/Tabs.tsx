import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { count as grouped } from '@/lib/format'
import { type StatusView, statusIcon } from './statusIcon'
import css from './Tabs.module.css'

export interface Tab<Id extends string> {
  id: Id
  label: string
  /** Absent while it is not known. */
  count?: number
  /** Draws the icon in the status colour. */
  status?: StatusView
  /** Another icon than that of the status; without a status it is drawn in the colour of the word. */
  icon?: Icon
}

interface Props<Id extends string> {
  tabs: readonly Tab<Id>[]
  active: Id
  onChange: (id: Id) => void
  /** Read out as the name of the row. */
  label: string
  /** Right end: how the list is sorted, how old it is. */
  aside?: ReactNode
  /** Id prefix of the panels (`<prefix>-<id>`), when the caller draws them. */
  panels?: string
  height?: 42 | 44
}

/** Tabs with counts. Left and right arrows go from tab to tab. */
export function Tabs<Id extends string>({ tabs, active, onChange, label, aside, panels }: Props<Id>) {
  const step = (by: number) => {
    const at = tabs.findIndex((tab) => tab.id === active)
    const next = tabs[(at + by + tabs.length) % tabs.length]
    if (!next) return
    onChange(next.id)
    document.getElementById(`tab-${next.id}`)?.focus()
  }
  return (
    <div className={css.row}>
      <div
        className={css.tabs}
        role="tablist"
        aria-label={label}
        onKeyDown={(event) => {
          if (event.key === 'ArrowRight') step(1)
          if (event.key === 'ArrowLeft') step(-1)
        }}
      >
        {tabs.map(({ id, label: word, count, status, icon }) => {
          const IconOf = icon ?? (status && statusIcon[status])
          return (
            <button
              key={id}
              id={`tab-${id}`}
              type="button"
              role="tab"
              aria-selected={id === active}
              aria-controls={panels && `${panels}-${id}`}
              tabIndex={id === active ? 0 : -1}
              className={css.tab}
              onClick={() => onChange(id)}
            >
              {IconOf && (
                <IconOf size={16} stroke={1.8} aria-hidden style={status && { color: `var(--${status})` }} />
              )}
              {word}
              {count !== undefined && <span className={css.count}>{grouped(count)}</span>}
            </button>
          )
        })}
      </div>
      {aside && <div className={css.aside}>{aside}</div>}
    </div>
  )
}
