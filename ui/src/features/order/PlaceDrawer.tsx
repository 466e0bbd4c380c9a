import { IconArrowBackUp, IconMapPin, IconTarget } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { DamagedDraft } from '@/components/DamagedDraft'
import { Drawer } from '@/components/Drawer'
import { PlaceField } from '@/components/PlaceField'
import { Ttn } from '@/components/Ttn'
import { type Suggestion, usePlaceChoice } from '@/components/usePlaceChoice'
import { usePlaceSuggestions } from '@/components/usePlaceSuggestions'
import { serverNow } from '@/lib/clock'
import { useConnection } from '@/lib/connection'
import { useHeldKeys, useKeyHold } from '@/lib/heldKeys'
import { placeOf, rememberPlace, samePlace } from '@/lib/places'
import { core } from '@/lib/platform'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { Order, Problem, Status } from '@/protocol/protocol'
import { EditorBanner } from './EditorBanner'
import css from './PlaceDrawer.module.css'
import { PlaceOutcome } from './PlaceOutcome'
import { dropDraft, keepDraft, keptDraft } from './placeDraft'
import { useActivity } from './useActivity'
import { useLockLine } from './useLockLine'
import { usePlaceEditor } from './usePlaceEditor'

/** The recipient's address first, then what is near at hand; the present place is left out. */
function suggestionsFor(
  order: Order,
  near: readonly Suggestion[],
  heading: string,
  mark: string,
): Suggestion[] {
  const { location } = order.recipient
  const marked = near.map((suggestion) =>
    samePlace(suggestion.place, location) ? { ...suggestion, mark } : suggestion,
  )
  const known = marked.some((suggestion) => suggestion.mark)
  const recipient: Suggestion[] = known ? [] : [{ icon: IconTarget, heading, place: location, mark }]
  return [...recipient, ...marked].filter(({ place }) => !samePlace(place, order.location))
}

/** Changes the place of an order under its lock. Ctrl+Enter saves, Esc lets the lock go and keeps the draft. */
export function PlaceDrawer({ order: shown, onClose }: { order: Order; onClose: () => void }) {
  const { t } = useTranslation('order')
  const { t: word } = useTranslation()
  const { problem: sentence, field } = useProblemSentences()
  const { state, reopen, lose } = usePlaceEditor(shown.ttn)
  const line = useLockLine(shown.ttn, 'reopen')
  useActivity(shown.ttn)
  const order = state.is === 'open' ? state.opened.details.order : shown
  const near = usePlaceSuggestions()
  const [draft] = useState(() => keptDraft(shown.ttn) ?? { city: '', street: '' })
  const choice = usePlaceChoice(
    draft,
    suggestionsFor(order, near, t('place.recipient'), t('place.recipientMark')),
  )
  const { text } = choice
  const { city, street } = choice.place
  const typed = text.trim() !== ''
  // Text from before this lock: of an earlier drawer, or of this one before the lock was lost.
  const [draftBack, setDraftBack] = useState(typed)
  const [after, setAfter] = useState<Status>()
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const live = useConnection((now) => now.link.state === 'live')
  const opening = state.is === 'opening'
  // The lock comes in a moment; what is typed until then stands already, and is saved only under the lock.
  const editable = (state.is === 'open' || opening) && !busy
  const hold = useKeyHold(opening, { failed: state.is !== 'open' })
  useHeldKeys(busy && live, { escape: 'waits', failed: problem !== undefined || state.is !== 'open' })
  const given = line.waiting?.line.state === 'granted' ? line.waiting : undefined
  const tried = useRef<typeof given>(undefined)

  useEffect(() => {
    if (state.is === 'lost') setDraftBack(typed)
    // Once for each time it was given: a refusal must not turn into a storm of tries.
    if (given && given !== tried.current && (state.is === 'lost' || state.is === 'refused')) {
      tried.current = given
      reopen()
    }
  }, [given, state.is, typed, reopen])
  useEffect(() => keepDraft(shown.ttn, placeOf(text)), [shown.ttn, text])
  useEffect(() => {
    let current = true
    setAfter(undefined)
    core.checkPlace(order, city, street).then(
      ({ status }) => current && setAfter(status),
      // Not a place yet: there is nothing to foretell.
      () => {},
    )
    return () => {
      current = false
    }
  }, [order, city, street])

  const changed = () => {
    setProblem(undefined)
    setDraftBack(false)
  }

  const save = async () => {
    if (state.is !== 'open' || busy) return
    setBusy(true)
    setProblem(undefined)
    try {
      const outcome = await core.submit('orders.change_location', {
        command_id: await core.newCommandId(),
        ttn: order.ttn,
        fence: state.opened.lease.fence,
        city,
        street,
      })
      if (!outcome.problem) {
        rememberPlace({ city, street }, serverNow())
        dropDraft(order.ttn)
        return onClose()
      }
      if (outcome.problem.code === 'lock_lost') lose(outcome.problem)
      else setProblem(outcome.problem)
    } catch (thrown) {
      setProblem(asProblem(thrown))
    }
    setBusy(false)
  }

  const asks = state.is === 'refused' && state.problem.holder !== undefined
  const again = busy || state.is === 'open' || opening ? undefined : asks ? line.ask : reopen

  const refused = problem?.fields?.[0]
  return (
    <Drawer
      icon={IconMapPin}
      title={t('place.title')}
      subtitle={<Ttn value={order.ttn} size="line" />}
      keyHint="F6"
      onClose={onClose}
      keys={{
        'Ctrl+Enter': (event) => (opening ? hold(event) : void save()),
        F6: again,
      }}
      pinned={
        <div data-testid="place-outcome">
          <PlaceOutcome state={state} order={order} after={after} busy={busy} />
        </div>
      }
      foot={
        <>
          <Button look="ghost" keys="Escape" onClick={onClose}>
            {state.is === 'open' ? t('place.release') : word('close')}
          </Button>
          <Button
            look="primary"
            size="lg"
            keys="Ctrl+Enter"
            busy={busy}
            disabled={state.is !== 'open'}
            onClick={() => void save()}
            data-testid="place-save"
          >
            {busy ? t('place.saving') : t('place.save')}
          </Button>
        </>
      }
    >
      <div className={css.damaged}>
        <DamagedDraft name="places" />
      </div>
      {/* Lost while it is being saved: only the answer says whether it was in time. */}
      {!busy && <EditorBanner state={state} line={line} onReopen={reopen} />}
      {draftBack && state.is === 'open' && (
        <p className={css.draft} role="status" data-testid="place-draft">
          <IconArrowBackUp size={16} stroke={1.8} aria-hidden /> {t('place.draft')}
        </p>
      )}
      <PlaceField
        label={word('place.new')}
        hint={word('place.hint')}
        choice={choice}
        readOnly={!editable}
        error={refused && field(refused)}
        onChange={changed}
      />
      {problem && !problem.fields?.length && (
        <p className={css.problem} role="alert">
          {sentence(problem).text}
        </p>
      )}
    </Drawer>
  )
}
