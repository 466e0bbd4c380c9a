import { IconAlertTriangle, IconLock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { useProblemSentences } from '@/lib/problem'
import type { LockLoss, Problem } from '@/protocol/protocol'
import css from './EditorBanner.module.css'
import { LineButtons } from './OrderLock'
import type { LockLine } from './useLockLine'
import type { EditorState } from './usePlaceEditor'

interface Props {
  state: EditorState
  line: LockLine
  onReopen: () => void
}

/** In the drawer: why nothing can be typed now, who has the lock, and how to get it. */
export function EditorBanner({ state, line, onReopen }: Props) {
  const { t } = useTranslation('order')
  const { t: word } = useTranslation()
  const { problem: sentence } = useProblemSentences()
  if (state.is !== 'refused' && state.is !== 'lost') return null
  const { problem } = state
  const said = line.problem ? sentence(line.problem).cause : line.words
  if (!problem.holder) {
    return (
      <section className={css.band} data-kind="problem" role="alert" data-testid={`editor-${state.is}`}>
        <p className={css.title}>
          <IconAlertTriangle size={16} stroke={1.9} aria-hidden />
          {t(state.is === 'lost' ? 'place.lost' : 'place.refused')}
        </p>
        <p>{state.is === 'lost' ? t('place.lostText') : sentence(problem).cause}</p>
        <div className={css.acts}>
          <Button size="sm" keys="F6" onClick={onReopen} data-testid="editor-again">
            {state.is === 'lost' ? t('place.openAgain') : word('retry')}
          </Button>
        </div>
      </section>
    )
  }
  return (
    <section className={css.band} role="alert" data-testid={`editor-${state.is}`}>
      <p className={css.title}>
        <IconLock size={16} stroke={1.9} aria-hidden />
        <LossTitle
          problem={problem}
          how={state.is === 'lost' ? state.how : undefined}
          lost={state.is === 'lost'}
        />
      </p>
      <p>{state.is === 'lost' ? <LossText problem={problem} how={state.how} /> : sentence(problem).cause}</p>
      {said && <p data-testid="editor-line">{said}</p>}
      <div className={css.acts}>
        <LineButtons line={line} small mayAsk={state.is === 'refused'} />
        <Button
          size="sm"
          keys={state.is === 'lost' ? 'F6' : undefined}
          onClick={onReopen}
          data-testid="editor-again"
        >
          {t('place.openAgain')}
        </Button>
      </div>
    </section>
  )
}

function LossTitle({ problem, how, lost }: { problem: Problem; how: LockLoss | undefined; lost: boolean }) {
  const { t } = useTranslation('order')
  const { t: word } = useTranslation()
  const holder = problem.holder
  if (!holder) return null
  const named = { who: holder.name, station: holder.station }
  if (how) return t(how.how === 'handed_over' ? 'place.handedOver' : 'place.takenOver', named)
  return lost ? t('place.lost') : `${named.who}, ${word('lock.station', { station: named.station })}`
}

function LossText({ problem, how }: { problem: Problem; how: LockLoss | undefined }) {
  const { t } = useTranslation('order')
  const { problem: sentence } = useProblemSentences()
  if (how?.how === 'taken_over') return t('place.takenOverText', { reason: how.reason })
  return how ? t('place.draftKept') : sentence(problem).cause
}
