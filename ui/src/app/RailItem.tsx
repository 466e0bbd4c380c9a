import type { Icon } from '@tabler/icons-react'
import { NavLink } from 'react-router'
import { type Combination, keyLabel } from '@/lib/keys'
import css from './Rail.module.css'

interface Props {
  to: string
  icon: Icon
  keys: Combination
  label: string
  /** Things to look at; drawn over the icon. */
  badge?: number
}

/** A screen on the rail: 70 × 58, icon over word, key top right. */
export function RailItem({ to, icon: IconOf, keys, label, badge = 0 }: Props) {
  return (
    <NavLink to={to} className={css.item} draggable={false}>
      <span className={css.key} aria-hidden>
        {keyLabel(keys)}
      </span>
      <IconOf size={22} stroke={1.7} aria-hidden />
      {badge > 0 && <span className={css.badge}>{badge > 99 ? '99+' : badge}</span>}
      <span className={css.word}>{label}</span>
    </NavLink>
  )
}
