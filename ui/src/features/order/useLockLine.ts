import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNow } from '@/lib/clock'
import { age } from '@/lib/format'
import { type Intent, leftOf, mayAsk, standInLine, useLine, type Waiting } from '@/lib/line'
import { core } from '@/lib/platform'
import { asProblem } from '@/lib/problem'
import type { Problem } from '@/protocol/protocol'

/** How it stands with the line for an order, and what can be done about it. */
export interface LockLine {
  waiting: Waiting | undefined
  /** One line in the present language; absent: we do not wait. */
  words: string | undefined
  mayAsk: boolean
  /** It is being asked or joined. */
  busy: boolean
  /** Why it could not be. */
  problem: Problem | undefined
  ask: () => void
  wait: () => void
  leave: () => void
}

/** The line for an order. `waitFor` says what "tell me when free" is to bring: only the news, or the lost drawer back. */
export function useLockLine(ttn: string, waitFor: Exclude<Intent, 'ask'> = 'wait'): LockLine {
  const waiting = useLine(ttn)
  const words = useLineWords(waiting)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const stand = (intent: Intent) => {
    if (busy) return
    setBusy(true)
    setProblem(undefined)
    standInLine(ttn, intent)
      .catch((thrown: unknown) => setProblem(asProblem(thrown)))
      .finally(() => setBusy(false))
  }
  return {
    waiting,
    words,
    mayAsk: mayAsk(waiting, Date.now()),
    busy,
    problem,
    ask: () => {
      if (mayAsk(waiting, Date.now())) stand('ask')
    },
    wait: () => stand(waitFor),
    leave: () => void core.leaveLine(ttn),
  }
}

function useLineWords(waiting: Waiting | undefined): string | undefined {
  const { t } = useTranslation()
  useNow()
  if (!waiting) return undefined
  const { line } = waiting
  const now = Date.now()
  if (line.state === 'granted') return t('lock.yours')
  const place = line.place === 1 ? t('line.next') : t('line.place', { place: line.place })
  switch (line.state) {
    case 'waiting':
      return t('line.waiting', { place })
    case 'asked': {
      const seconds = Math.ceil(leftOf(waiting, line.answer_within_ms, now) / 1000)
      return seconds > 0 ? t('line.asked', { seconds }) : t('line.askedOver')
    }
    case 'kept': {
      const left = leftOf(waiting, line.ask_again_in_ms, now)
      return left > 0
        ? t('line.kept', { who: line.holder.name, time: age(left), place })
        : t('line.waiting', { place })
    }
    case 'asked_by_other':
      return t('line.askedByOther', { who: line.by.name, station: line.by.station, place })
  }
}
