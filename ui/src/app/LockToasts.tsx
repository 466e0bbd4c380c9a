import { IconFolderOpen, IconHandStop, IconPencil } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Button } from '@/components/Button'
import { CountdownToast } from '@/components/CountdownToast'
import { useSecondsLeft } from '@/lib/countdown'
import { NO_BREAK, ttnGroups } from '@/lib/format'
import { useKeys } from '@/lib/keys'
import { atHand, lines, type Waiting } from '@/lib/line'
import { core } from '@/lib/platform'
import { asProblem, useProblemSentences } from '@/lib/problem'
import { type Question, questions } from '@/lib/questions'
import { useStore } from '@/lib/store'
import type { AskAnswer, Problem } from '@/protocol/protocol'

/** What colleagues and the line say about locks, whatever screen is shown. A question goes before good news. */
export function LockToasts() {
  const question = useStore(questions, (all) => all.values().next().value)
  const shown = useStore(atHand, (ttn) => ttn)
  const all = useStore(lines, (waiting) => waiting)
  // What opens by itself needs no toast.
  const kept = [...all].find(
    ([ttn, { line, intent }]) => line.state === 'granted' && (ttn !== shown || intent === 'wait'),
  )
  if (question) return <AskedToast key={question.ask.ttn} question={question} />
  if (kept) return <KeptToast key={kept[0]} ttn={kept[0]} waiting={kept[1]} />
  return null
}

function AskedToast({ question }: { question: Question }) {
  const { t } = useTranslation()
  const { problem: sentence } = useProblemSentences()
  const [answered, setAnswered] = useState<AskAnswer>()
  const [problem, setProblem] = useState<Problem>()
  const { ttn, by, answer_within_ms } = question.ask
  const of = Math.round(answer_within_ms / 1000)
  const seconds = useSecondsLeft(question.endsAt)
  const answer = (given: AskAnswer) => {
    if (answered) return
    setAnswered(given)
    setProblem(undefined)
    core.answerAsk(ttn, given).catch((thrown: unknown) => {
      setProblem(asProblem(thrown))
      setAnswered(undefined)
    })
  }
  useKeys('urgent', { F6: () => answer('hand_over'), 'Shift+F6': () => answer('keep') })
  const text = question.active ? t('ask.textActive') : t('ask.text', { seconds: of })
  return (
    <CountdownToast
      tone="locked"
      title={t('ask.title', { who: by.name, station: by.station })}
      text={problem ? sentence(problem).cause : text}
      seconds={seconds}
      of={of}
      testId="toast-asked"
    >
      <Button
        look="lock"
        icon={IconHandStop}
        keys="F6"
        busy={answered === 'hand_over'}
        onClick={() => answer('hand_over')}
        data-testid="ask-hand-over"
      >
        {t('ask.handOver')}
      </Button>
      <Button
        icon={IconPencil}
        keys="Shift+F6"
        busy={answered === 'keep'}
        onClick={() => answer('keep')}
        data-testid="ask-keep"
      >
        {t('ask.keep')}
      </Button>
    </CountdownToast>
  )
}

function KeptToast({ ttn, waiting }: { ttn: string; waiting: Waiting }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const ms = waiting.line.state === 'granted' ? waiting.line.open_within_ms : 0
  const seconds = useSecondsLeft(waiting.toldAt + ms)
  const open = () => navigate(`/orders/${ttn}?do=place`)
  useKeys('notice', { F6: open })
  return (
    <CountdownToast
      tone="locked"
      title={t('granted.title', { ttn: ttnGroups(ttn).join(NO_BREAK) })}
      text={t('granted.text')}
      seconds={seconds}
      of={Math.round(ms / 1000)}
      testId="toast-granted"
    >
      <Button look="lock" icon={IconFolderOpen} keys="F6" onClick={open} data-testid="granted-open">
        {t('granted.open')}
      </Button>
      <Button onClick={() => void core.leaveLine(ttn)} data-testid="granted-let-go">
        {t('granted.letGo')}
      </Button>
    </CountdownToast>
  )
}
