import { SegmentedControl } from '@mantine/core'
import css from './Segmented.module.css'

interface Props<Id extends string> {
  value: Id
  options: readonly { value: Id; label: string }[]
  onChange: (value: Id) => void
  label: string
  size?: 'sm' | 'md'
  fullWidth?: boolean
}

/** One of two or three, all in sight. */
export function Segmented<Id extends string>({
  value,
  options,
  onChange,
  label,
  size = 'md',
  fullWidth,
}: Props<Id>) {
  return (
    <SegmentedControl
      aria-label={label}
      value={value}
      data={options.map((option) => ({ ...option }))}
      onChange={(next) => onChange(next as Id)}
      transitionDuration={0}
      fullWidth={fullWidth}
      data-size={size}
      classNames={{ root: css.root, label: css.label, indicator: css.indicator, control: css.control }}
    />
  )
}
