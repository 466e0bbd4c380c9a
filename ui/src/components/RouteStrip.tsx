import css from './RouteStrip.module.css'

export interface RouteStop {
  title: string
  meta?: string
}

interface Props {
  from: RouteStop
  to: RouteStop
  /** Where it is between the ends; absent: it is `at` an end. */
  now?: RouteStop
  /** Which stop is the present one. */
  at: 'from' | 'now' | 'to'
  /** Read out instead of the drawing. */
  label: string
}

/** From, now, to: the way done is a firm line, the way ahead a dashed one, the present stop has the lime halo. */
export function RouteStrip({ from, now, to, at, label }: Props) {
  const stops = (now ? [from, now, to] : [from, to]).map((stop, position) => ({ ...stop, position }))
  const current = at === 'from' ? 0 : at === 'to' ? stops.length - 1 : 1
  return (
    <div className={css.strip} role="img" aria-label={label}>
      <div className={css.line}>
        {stops.map(({ position }) => (
          <span key={position} className={css.part}>
            {position > 0 && <span className={position <= current ? css.done : css.ahead} />}
            <span
              className={position === current ? css.current : position < current ? css.passed : css.coming}
            />
          </span>
        ))}
      </div>
      <div className={css.names} data-stops={stops.length} aria-hidden>
        {stops.map((stop) => (
          <div key={stop.position} className={css.name}>
            <p className={css.title}>{stop.title}</p>
            {stop.meta && <p className={css.meta}>{stop.meta}</p>}
          </div>
        ))}
      </div>
    </div>
  )
}
