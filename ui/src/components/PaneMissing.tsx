import { asProblem, useProblemSentences } from '@/lib/problem'
import css from './PaneMissing.module.css'

/** In a detail pane: what is not here, and why. */
export function PaneMissing({ title, error }: { title: string; error: unknown }) {
  const { problem } = useProblemSentences()
  return (
    <p className={css.missing} role="alert">
      <b>{title}</b> {problem(asProblem(error)).cause}
    </p>
  )
}
