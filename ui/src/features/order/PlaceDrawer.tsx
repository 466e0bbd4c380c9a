import { IconArrowBackUp, IconHistory, IconHome, IconMapPin, IconTarget } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { Drawer } from '@/components/Drawer'
import { StatusChange } from '@/components/StatusChange'
import { StatusChip } from '@/components/StatusChip'
import { TextField } from '@/components/TextField'
import { Ttn } from '@/components/Ttn'
import { useSession } from '@/lib/connection'
import { core } from '@/lib/platform'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { Order, Problem, Status } from '@/protocol/protocol'
import { EditorBanner } from './EditorBanner'
import css from './PlaceDrawer.module.css'
import { PlaceSuggestions, type Suggestion } from './PlaceSuggestions'
import { dropDraft, keepDraft, keptDraft, recentPlaces, rememberPlace, type TypedPlace } from './placeDraft'
import { useActivity } from './useActivity'
import { useLockLine } from './useLockLine'
import { usePlaceEditor } from './usePlaceEditor'

const same = (a: TypedPlace, b: TypedPlace) =>
  a.city.trim().toLocaleLowerCase() === b.city.trim().toLocaleLowerCase() &&
  a.street.trim().toLocaleLowerCase() === b.street.trim().toLocaleLowerCase()

/** Changes the place of an order under its lock. Ctrl+Enter saves, Esc lets the lock go and keeps the draft. */
export function PlaceDrawer({ order: shown, onClose }: { order: Order; onClose: () => void }) {
  const { t } = useTranslation('order')
  const { t: word } = useTranslation()
  const { problem: sentence, field } = useProblemSentences()
  const session = useSession()
  const { state, reopen, lose } = usePlaceEditor(shown.ttn)
  const line = useLockLine(shown.ttn, 'reopen')
  useActivity(shown.ttn)
  const order = state.is === 'open' ? state.opened.details.order : shown
  const [place, setPlace] = useState<TypedPlace>(() => keptDraft(shown.ttn) ?? { city: '', street: '' })
  const typed = place.city.trim() !== '' || place.street.trim() !== ''
  // Text from before this lock: of an earlier drawer, or of this one before the lock was lost.
  const [draftBack, setDraftBack] = useState(typed)
  const [after, setAfter] = useState<Status>()
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const editable = state.is === 'open' && !busy
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
  useEffect(() => keepDraft(shown.ttn, place), [shown.ttn, place])
  useEffect(() => {
    let current = true
    setAfter(undefined)
    core.checkPlace(order, place.city, place.street).then(
      ({ status }) => current && setAfter(status),
      // Not a place yet: there is nothing to foretell.
      () => {},
    )
    return () => {
      current = false
    }
  }, [order, place])

  const change = (part: Partial<TypedPlace>) => {
    setProblem(undefined)
    setDraftBack(false)
    setPlace((before) => ({ ...before, ...part }))
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
        ...place,
      })
      if (!outcome.problem) {
        rememberPlace(place)
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

  const refused = (name: string) => {
    const found = problem?.fields?.find((refusal) => refusal.field === name)
    return found && field(found)
  }
  const suggestions: Suggestion[] = [
    ...(session
      ? [
          {
            icon: IconHome,
            heading: t('place.mine'),
            place: session.branch.location,
            note: session.branch.name,
          },
        ]
      : []),
    { icon: IconTarget, heading: t('place.recipient'), place: order.recipient.location },
    ...recentPlaces().map((recent) => ({ icon: IconHistory, heading: t('place.recent'), place: recent })),
  ].filter(({ place: suggested }) => !same(suggested, order.location))

  return (
    <Drawer
      icon={IconMapPin}
      title={t('place.title')}
      subtitle={<Ttn value={order.ttn} size="line" />}
      keyHint="F6"
      onClose={onClose}
      keys={{
        'Ctrl+Enter': () => void save(),
        F6: state.is === 'refused' && state.problem.holder ? line.ask : undefined,
      }}
      pinned={
        <div data-testid="place-outcome">
          <p className={css.outcomeTitle}>{t('place.after')}</p>
          {after ? (
            <p className={css.outcomeLine}>
              {after === order.status ? (
                <>
                  <StatusChip status={order.status} /> {t('place.stays')}
                </>
              ) : (
                <StatusChange before={order.status} after={after} />
              )}
            </p>
          ) : (
            <p className={css.outcomeHint}>{t('place.afterUnknown')}</p>
          )}
          {after === 'delivered' && order.status !== 'delivered' && (
            <p className={css.outcomeHint}>{t('place.tells')}</p>
          )}
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
      <EditorBanner state={state} line={line} onReopen={reopen} />
      {draftBack && state.is === 'open' && (
        <p className={css.draft} role="status" data-testid="place-draft">
          <IconArrowBackUp size={16} stroke={1.8} aria-hidden /> {t('place.draft')}
        </p>
      )}
      <TextField
        label={t('place.city')}
        size="xl"
        value={place.city}
        readOnly={!editable}
        data-autofocus
        data-testid="place-city"
        error={refused('city')}
        onChange={(event) => change({ city: event.target.value })}
      />
      <TextField
        label={t('place.street')}
        size="xl"
        value={place.street}
        readOnly={!editable}
        data-testid="place-street"
        error={refused('street')}
        onChange={(event) => change({ street: event.target.value })}
      />
      {problem && !problem.fields?.length && (
        <p className={css.problem} role="alert">
          {sentence(problem).text}
        </p>
      )}
      <PlaceSuggestions
        suggestions={suggestions}
        isChosen={(suggested) => same(suggested, place)}
        mark={(suggested) =>
          same(suggested, order.recipient.location) ? t('place.recipientMark') : undefined
        }
        onChoose={(chosen) => editable && change({ city: chosen.city, street: chosen.street })}
      />
    </Drawer>
  )
}
