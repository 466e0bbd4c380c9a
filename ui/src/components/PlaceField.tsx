import { IconSearch, IconTarget } from '@tabler/icons-react'
import { Fragment, useId } from 'react'
import css from './PlaceField.module.css'
import { TextField } from './TextField'
import type { PlaceChoice } from './usePlaceChoice'

interface Props {
  label: string
  hint: string
  choice: PlaceChoice
  error?: string
  readOnly?: boolean
  /** Told of every change by the clerk. */
  onChange?: () => void
}

/** One field for a place, and the suggestions under it. Arrow keys choose one, Enter writes it out. */
export function PlaceField({ label, hint, choice, error, readOnly = false, onChange }: Props) {
  const list = useId()
  const { shown, at } = choice
  return (
    <>
      <TextField
        label={label}
        hint={hint}
        size="xl"
        value={choice.text}
        readOnly={readOnly}
        inside={<IconSearch size={18} stroke={1.7} aria-hidden />}
        data-autofocus
        data-testid="place-field"
        role="combobox"
        aria-expanded={shown.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${list}-${at}` : undefined}
        error={error}
        onKeyDown={readOnly ? undefined : choice.onKeyDown}
        onChange={(event) => {
          onChange?.()
          choice.write(event.target.value)
        }}
      />
      <div id={list} className={css.suggestions} role="listbox" aria-label={label}>
        {shown.map(({ icon: IconOf, heading, place, name, mark, time }, index) => (
          <Fragment key={`${heading}${place.city}${place.street}`}>
            {shown[index - 1]?.heading !== heading && (
              <p className={css.heading} role="presentation">
                {heading}
              </p>
            )}
            <button
              id={`${list}-${index}`}
              type="button"
              role="option"
              tabIndex={-1}
              className={css.suggestion}
              aria-selected={index === at}
              aria-disabled={readOnly || undefined}
              onClick={() => {
                if (readOnly) return
                onChange?.()
                choice.take(place)
              }}
            >
              <IconOf size={18} stroke={1.8} aria-hidden />
              <span className={css.place}>
                <b>{place.city}</b>
                <span>{name ? `${name} · ${place.street}` : place.street}</span>
              </span>
              {mark && (
                <span className={css.mark}>
                  <IconTarget size={14} stroke={1.8} aria-hidden />
                  {mark}
                </span>
              )}
              {time && <span className={css.time}>{time}</span>}
            </button>
          </Fragment>
        ))}
      </div>
    </>
  )
}
