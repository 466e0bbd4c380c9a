import { Select } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import css from './control.module.css'
import { Field, type FieldFrame } from './Field'

interface Props extends FieldFrame {
  value: string | null
  options: readonly { value: string; label: string }[]
  onChange: (value: string) => void
  size?: 'md' | 'lg'
  disabled?: boolean
  placeholder?: string
  name?: string
  /** Lets the employee type to find an option; `empty` says that there is none. */
  searchable?: boolean
  empty?: string
  'data-testid'?: string
}

/** One of several. Arrow keys choose, Enter takes, letters search where `searchable`. */
export function SelectField({
  label,
  hint,
  error,
  aside,
  bare,
  className,
  value,
  options,
  onChange,
  size = 'md',
  empty,
  ...rest
}: Props) {
  const [open, setOpen] = useState(false)
  return (
    <Field label={label} hint={hint} error={error} aside={aside} bare={bare} className={className}>
      {(ties) => (
        <Select
          unstyled
          {...ties}
          // Mantine sets `aria-invalid` from this, whatever it was handed.
          error={Boolean(error)}
          data={[...options]}
          value={value}
          onChange={(next) => next !== null && onChange(next)}
          allowDeselect={false}
          withCheckIcon={false}
          nothingFoundMessage={empty}
          rightSection={<IconChevronDown size={16} stroke={1.8} aria-hidden />}
          rightSectionPointerEvents="none"
          onDropdownOpen={() => setOpen(true)}
          onDropdownClose={() => setOpen(false)}
          // Esc closes the list and nothing else: the form behind must not hear it.
          onKeyDown={(event) => open && event.code === 'Escape' && event.preventDefault()}
          comboboxProps={{ transitionProps: { duration: 0 }, offset: 4 }}
          classNames={{
            wrapper: css.wrapper,
            input: `${css.control} ${css[size]}`,
            section: css.section,
            dropdown: css.dropdown,
            option: css.option,
            empty: css.empty,
          }}
          {...rest}
        />
      )}
    </Field>
  )
}
