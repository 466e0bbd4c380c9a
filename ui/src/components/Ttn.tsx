import { ttnGroups } from '@/lib/format'
import css from './Ttn.module.css'

interface Props {
  /** Sixteen digits. */
  value: string
  /** `grid` 12.5, `line` 13, `preview` 20, `page` 22, `hero` 66. */
  size?: 'grid' | 'line' | 'preview' | 'page' | 'hero'
  /** Leading digits to mark, as typed in a search. */
  className?: string
}

/** A TTN in four groups. The gaps are margins, never characters: what is copied is sixteen digits. */
export function Ttn({ value, size = 'grid', className }: Props) {
  // Groups never move, so their position is a sound key.
  const groups = ttnGroups(value).map((digits, position) => ({ digits, position }))
  return (
    <span className={`${css.ttn} ${css[size]} ${className ?? ''}`} data-selectable translate="no">
      {groups.map(({ digits, position }) => (
        <span key={position}>{digits}</span>
      ))}
    </span>
  )
}
