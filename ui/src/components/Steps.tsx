import { IconCheck } from '@tabler/icons-react'
import { Fragment } from 'react'
import css from './Steps.module.css'

interface Props {
  steps: readonly string[]
  /** Index of the present step; `steps.length` when all are done. */
  current: number
  label: string
}

/** Steps of a form: done (tick), here (lime), ahead (outline). */
export function Steps({ steps, current, label }: Props) {
  return (
    <ol className={css.steps} aria-label={label}>
      {steps.map((step, position) => {
        const state = position < current ? 'done' : position === current ? 'here' : 'ahead'
        return (
          <Fragment key={step}>
            {position > 0 && (
              <li className={css.bar} data-done={position <= current || undefined} aria-hidden />
            )}
            <li className={css.step} data-state={state} aria-current={state === 'here' ? 'step' : undefined}>
              <span className={css.circle}>
                {state === 'done' ? <IconCheck size={15} stroke={2.4} aria-hidden /> : position + 1}
              </span>
              {step}
            </li>
          </Fragment>
        )
      })}
    </ol>
  )
}
