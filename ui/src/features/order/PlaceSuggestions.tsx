import type { Icon } from '@tabler/icons-react'
import { Fragment } from 'react'
import css from './PlaceDrawer.module.css'
import type { TypedPlace } from './placeDraft'

/** A place worth one press. */
export interface Suggestion {
  icon: Icon
  /** Heading of its group; written once per group. */
  heading: string
  place: TypedPlace
  /** Name of the place, when it has one. */
  note?: string
}

interface Props {
  suggestions: readonly Suggestion[]
  isChosen: (place: TypedPlace) => boolean
  /** A word at the right end, for a place that means something. */
  mark: (place: TypedPlace) => string | undefined
  onChoose: (place: TypedPlace) => void
}

/** Places to choose from, in groups. */
export function PlaceSuggestions({ suggestions, isChosen, mark, onChoose }: Props) {
  return (
    <div className={css.suggestions}>
      {suggestions.map(({ icon: IconOf, heading, place, note }, at) => (
        <Fragment key={`${heading}${place.city}${place.street}`}>
          {suggestions[at - 1]?.heading !== heading && <p className={css.heading}>{heading}</p>}
          <button
            type="button"
            className={css.suggestion}
            aria-pressed={isChosen(place)}
            onClick={() => onChoose(place)}
          >
            <IconOf size={18} stroke={1.8} aria-hidden />
            <span className={css.place}>
              <b>{place.city}</b>
              <span>{note ? `${note} · ${place.street}` : place.street}</span>
            </span>
            {mark(place) && <span className={css.mark}>{mark(place)}</span>}
          </button>
        </Fragment>
      ))}
    </div>
  )
}
