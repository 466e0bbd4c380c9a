import { IconArrowUp } from '@tabler/icons-react'
import css from './FreshPill.module.css'
import { KeyHint } from './KeyHint'

interface Props {
  /** How many, in words: "12 new". */
  children: string
  hint: string
  onClick: () => void
  'data-testid': string
}

/** New rows wait above; the pill stands in a column head, so that it never covers a row. */
export function FreshPill({ children, hint, ...rest }: Props) {
  return (
    <button type="button" className={css.fresh} title={hint} {...rest}>
      <IconArrowUp size={14} stroke={2.2} aria-hidden />
      {children}
      <KeyHint keys="Home" />
    </button>
  )
}
