import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { connection, useConnection, useSession } from '@/lib/connection'
import { useFormat } from '@/lib/format'
import { forgetHeld, useHeldKeys } from '@/lib/heldKeys'
import { core } from '@/lib/platform'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { FieldRefusal, OrderCreated, OrderDraft, Problem } from '@/protocol/protocol'
import {
  type Draft,
  draftOf,
  dropDraft,
  emptyDraft,
  keepDraft,
  keptDraft,
  orderOf,
  type Step,
  sameSender,
} from './draft'
import type { FormField } from './formField'
import { type RunningQuote, useQuote } from './useQuote'
import { askRules, useRefusals } from './useRefusals'

/** Highest declared value in kopiykas; the server's rule. */
const MAX_DECLARED_MINOR = 1_000_000_000

/** Which step a refused field stands in. */
export function stepOf(path: string): Step {
  return path.startsWith('cargo') ? 1 : 0
}

/** Puts the cursor into a field, once it is drawn. */
function focusField(path: string): void {
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>(`[name="${CSS.escape(path)}"]`)?.focus()
  })
}

/** The form of the three steps, and the parcel that came of it. */
export interface Registration {
  draft: Draft
  running: RunningQuote
  /** What one input must know about itself. */
  field: (path: string) => FormField
  /** Refused fields of this step that the clerk has been told about. */
  toFix: readonly FieldRefusal[]
  /** A refusal that belongs to no field. */
  problem: Problem | undefined
  busy: boolean
  created: OrderCreated | undefined
  change: (change: (before: Draft) => Draft) => void
  goTo: (step: Step) => void
  /** Ends the step; on the last one registers the parcel. */
  next: () => Promise<void>
  /** Begins with an empty form. */
  afresh: () => void
  /** The next parcel of the sender who stands there. */
  again: () => void
}

/** Drives the form: draft, rules, price, saving. `back`: an order that was refused and is to be corrected. */
export function useRegistration(back?: OrderDraft): Registration {
  const session = useSession()
  const { t } = useTranslation('register')
  const { field: sentence } = useProblemSentences()
  const { amount } = useFormat()
  const city = session?.branch.location.city ?? ''
  const [draft, setDraft] = useState<Draft>(() =>
    back ? draftOf(back) : (keptDraft() ?? emptyDraft(city, 'uk')),
  )
  const [saved, setSaved] = useState<Draft>()
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [told, setTold] = useState<ReadonlySet<Step>>(new Set())
  const [fromServer, setFromServer] = useState<readonly FieldRefusal[]>([])
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const [created, setCreated] = useState<OrderCreated>()
  const refusals = useRefusals(draft)
  const running = useQuote(draft.cargo, refusals.cargo)

  useEffect(() => {
    if (!created) void keepDraft(draft)
  }, [draft, created])

  const all = useMemo(() => [...refusals.parties, ...refusals.cargo, ...fromServer], [refusals, fromServer])
  const isTold = ({ field }: FieldRefusal) =>
    left.has(field) || told.has(stepOf(field)) || fromServer.some((refusal) => refusal.field === field)

  const words = (refusal: FieldRefusal): string =>
    refusal.field.endsWith('declared_minor')
      ? t('declaredRange', { max: amount(MAX_DECLARED_MINOR) })
      : sentence(refusal)

  const field = (path: string): FormField => {
    const refusal = all.find((one) => one.field === path)
    return {
      error: refusal && isTold(refusal) ? words(refusal) : undefined,
      good: !refusal,
      left: left.has(path),
      input: {
        name: path,
        'data-testid': path,
        onBlur: () => setLeft((before) => (before.has(path) ? before : new Set(before).add(path))),
      },
    }
  }

  const change = (how: (before: Draft) => Draft) => {
    // What was given to the server stays as it was given.
    if (busy) return
    setProblem(undefined)
    setFromServer([])
    setDraft(how)
  }

  const goTo = (step: Step) => setDraft((before) => ({ ...before, step }))

  const fresh = (next: Draft) => {
    setDraft(next)
    setLeft(new Set())
    setTold(new Set())
    setFromServer([])
    setProblem(undefined)
    setCreated(undefined)
  }

  const save = async (from = draft) => {
    setBusy(true)
    setProblem(undefined)
    try {
      const commandId = from.commandId ?? (await core.newCommandId())
      const tried = { ...from, commandId }
      setDraft(tried)
      // On the disk before the first byte leaves: a window that dies now tries the same parcel again.
      await keepDraft(tried)
      const answer = await core.request('orders.create', { command_id: commandId, order: orderOf(tried) })
      dropDraft()
      setSaved(tried)
      setCreated(answer)
    } catch (thrown) {
      const refused = asProblem(thrown)
      forgetHeld()
      // The server has said no to this try; the next one is another command. Without its answer it stays the same.
      if (refused.code !== 'offline') setDraft((before) => ({ ...before, commandId: undefined }))
      const fields = refused.fields ?? []
      setFromServer(fields)
      const first = fields[0]
      if (first) {
        goTo(stepOf(first.field))
        focusField(first.field)
      } else setProblem(refused)
    }
    setBusy(false)
  }

  // The draft of an earlier window, or of this screen before another one was looked at, may have been given already.
  const taken = useRef(false)
  useEffect(() => {
    if (taken.current) return
    taken.current = true
    const { pending, ended } = connection.get()
    const all = [...pending, ...ended]
    const given = all.find(({ command_id: id }) => id === draft.commandId)
    if (!given?.order) return
    const asGiven = draftOf(given.order)
    if (given.progress.is === 'refused') {
      setDraft(asGiven)
      setProblem(given.progress.problem)
    } else void save({ ...asGiven, commandId: given.command_id })
    // It is shown here.
    if (given.progress.is === 'refused' || given.progress.is === 'done') {
      void core.dismiss(given.command_id).catch(() => undefined)
    }
  })

  const going = useRef(false)
  const [asking, setAsking] = useState(false)
  const next = async () => {
    // A second press while the rules are being asked would register a second parcel.
    if (going.current || busy || created) return
    going.current = true
    setAsking(true)
    try {
      await end()
    } finally {
      going.current = false
      setAsking(false)
    }
  }
  // The keys after Ctrl+Enter are for the next step, or for the next parcel. Without a link that may be far away.
  const live = useConnection((now) => now.link.state === 'live')
  useHeldKeys(asking && (live || !busy))

  // The step on the screen, for whoever comes back from a question.
  const stands = useRef(draft.step)
  useLayoutEffect(() => {
    stands.current = draft.step
  })

  const end = async () => {
    // The rules are asked for what is typed now, not for what they answered about a keystroke ago.
    const now = await askRules(draft)
    // The clerk has gone back meanwhile: nothing was given, and that step stays.
    if (stands.current !== draft.step) return
    const refused = draft.step === 0 ? now.parties : [...now.parties, ...now.cargo]
    const first = refused[0]
    if (first) {
      const step = stepOf(first.field)
      forgetHeld()
      setTold((before) => new Set(before).add(step))
      goTo(step)
      focusField(first.field)
    } else if (draft.step === 2) await save()
    else goTo((draft.step + 1) as Step)
  }

  return {
    draft,
    running,
    field,
    toFix: all.filter((refusal) => stepOf(refusal.field) === draft.step && isTold(refusal)),
    problem,
    busy,
    created,
    change,
    // What was given to the server is waited for where it was given.
    goTo: (step) => {
      if (!busy) goTo(step)
    },
    next,
    afresh: () => {
      dropDraft()
      fresh(emptyDraft(city, 'uk'))
    },
    again: () => fresh(sameSender(saved ?? draft)),
  }
}
