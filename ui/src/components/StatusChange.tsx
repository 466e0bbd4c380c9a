import { IconArrowRight } from '@tabler/icons-react'
import css from './StatusChange.module.css'
import { StatusChip } from './StatusChip'
import type { StatusView } from './statusIcon'

/** Before → after as two chips. */
export function StatusChange({ before, after }: { before: StatusView; after: StatusView }) {
  return (
    <span className={css.pair}>
      <StatusChip status={before} />
      <IconArrowRight size={15} stroke={1.8} aria-label="→" />
      <StatusChip status={after} />
    </span>
  )
}
