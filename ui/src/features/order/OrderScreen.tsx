import { IconArrowLeft, IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { Banner } from '@/components/Banner'
import { Empty } from '@/components/Empty'
import { IconButton } from '@/components/IconButton'
import { KeyHint } from '@/components/KeyHint'
import { OfflineBanner } from '@/components/OfflineBanner'
import { OrderRoute } from '@/components/OrderRoute'
import { withoutPassedStates } from '@/components/OrderTimeline'
import { acts } from '@/components/orderActs'
import { PageHead } from '@/components/PageHead'
import { Panel } from '@/components/Panel'
import { PartyLines } from '@/components/PartyLines'
import { Skeleton } from '@/components/Skeleton'
import { StatusChip } from '@/components/StatusChip'
import { Tabs } from '@/components/Tabs'
import { Ttn } from '@/components/Ttn'
import { copyText } from '@/lib/clipboard'
import { isMine, useLock, useSession } from '@/lib/connection'
import { useFormat } from '@/lib/format'
import { useHeldKeys } from '@/lib/heldKeys'
import { useKeys } from '@/lib/keys'
import { atHand } from '@/lib/line'
import { asProblem, useProblemSentences } from '@/lib/problem'
import type { Action, LockHolder, OrderDetails } from '@/protocol/protocol'
import { ChangeDialog } from './ChangeDialog'
import { OrderActs } from './OrderActs'
import { OrderLock } from './OrderLock'
import { OrderPanel, type Part } from './OrderPanels'
import css from './OrderScreen.module.css'
import { PlaceDrawer } from './PlaceDrawer'
import { TakeOverDialog } from './TakeOverDialog'
import { useLockLine } from './useLockLine'
import { useOrder } from './useOrder'

const PARTS: readonly Part[] = ['timeline', 'cargo', 'parties', 'messages']

/** The action that an address asks for (`?do=place`). */
function actionOf(address: string | null): Action | undefined {
  const known = Object.keys(acts) as Action[]
  return known.find((action) => acts[action].address === address)
}

/** One order. */
export function OrderScreen() {
  const { t } = useTranslation('order')
  const { problem } = useProblemSentences()
  const navigate = useNavigate()
  const { ttn = '' } = useParams()
  const { data, error } = useOrder(ttn)
  const back = () => navigate('/orders')
  useKeys('screen', { Escape: back })
  useHeldKeys(!data && !error, { failed: error !== null })
  if (data) return <OrderPage details={data} onBack={back} />
  const failure = error && asProblem(error)
  return (
    <>
      <PageHead tall title={<Ttn value={ttn} size="page" />} />
      {failure ? (
        <Empty
          title={failure.code === 'not_found' ? t('notFound') : t('failed')}
          text={failure.code === 'not_found' ? t('notFoundText') : problem(failure).cause}
          keys={[{ keys: 'Escape', label: t('toList'), onPress: back }]}
        />
      ) : (
        <Skeleton rows={10} rowHeight={40} />
      )}
    </>
  )
}

function OrderPage({ details, onBack }: { details: OrderDetails; onBack: () => void }) {
  const { t } = useTranslation('order')
  const { t: word } = useTranslation()
  const { weight } = useFormat()
  const { order } = details
  const [address, setAddress] = useSearchParams()
  const [part, setPart] = useState<Part>(() => PARTS.find((id) => id === address.get('tab')) ?? 'timeline')
  const [copied, setCopied] = useState(false)
  const session = useSession()
  const lock = useLock(order.ttn)
  const asked = actionOf(address.get('do'))
  const allowed = (action: Action) =>
    details.actions.some((state) => state.action === action && state.allowed)
  const line = useLockLine(order.ttn)
  const ours = line.waiting?.line.state === 'granted'
  const free = !lock || isMine(lock, session) || ours
  const open = asked && allowed(asked) ? asked : undefined
  const go = (action: Action) => setAddress({ do: acts[action].address }, { replace: true })
  const act = (action: Action) => {
    if (allowed(action) && free) go(action)
  }
  const close = () => setAddress({}, { replace: true })

  // The drawer opens on a free order only, and then stays whoever has the lock: what was typed must not disappear with it.
  const [drawer, setDrawer] = useState(false)
  const certain = useRef(false)
  const wanted = open === 'change_location'
  // Before anything else can happen: the next keys are for its field.
  useLayoutEffect(() => {
    if (!wanted) setDrawer(false)
    else if (free || certain.current) setDrawer(true)
    else if (!drawer) setAddress({}, { replace: true })
    if (wanted) certain.current = false
  }, [wanted, free, drawer, setAddress])

  // What was asked for opens by itself, unless the clerk is being asked something here.
  const [taking, setTaking] = useState<LockHolder>()
  const clear = !taking && (!open || wanted)
  const comes = clear && ours && line.waiting?.intent !== 'wait' && !wanted
  useEffect(() => {
    if (clear) atHand.set(order.ttn)
    return () => atHand.set(undefined)
  }, [clear, order.ttn])
  useEffect(() => {
    if (comes) setAddress({ do: acts.change_location.address }, { replace: true })
  }, [comes, setAddress])

  useKeys('screen', {
    F6: () => (free ? act('change_location') : allowed('change_location') && line.ask()),
    Delete: () => act('cancel'),
    // There it sends the chosen message again.
    F9: () => (part === 'messages' ? false : setPart('messages')),
  })

  const counts: Partial<Record<Part, number>> = {
    timeline: withoutPassedStates(details.timeline).length,
    cargo: order.cargo.length,
    parties: 2,
    messages: details.messages.length,
  }
  return (
    <>
      <PageHead
        tall
        title={
          <span className={css.title}>
            <IconButton icon={IconArrowLeft} label={t('back')} onClick={onBack} />
            <Ttn value={order.ttn} size="page" />
            <IconButton
              icon={copied ? IconCheck : IconCopy}
              label={copied ? word('copied') : word('copy')}
              onClick={() => void copyText(order.ttn).then(setCopied)}
            />
          </span>
        }
        aside={
          <span className={css.meta}>
            <KeyHint keys="Escape" /> {t('back')}
          </span>
        }
      >
        <StatusChip status={order.status} size="lg" />
        <span className={css.facts}>
          {[
            order.description,
            word('items', { count: order.cargo.length }),
            weight(order.cargo.reduce((sum, item) => sum + item.weight_g, 0)),
          ].join(' · ')}
        </span>
      </PageHead>
      <OfflineBanner />
      <OrderLock ttn={order.ttn} line={line} onTakeOver={setTaking} />
      {order.deleted_at !== undefined && (
        <Banner kind="problem" title={t('deleted.title')} text={t('deleted.text')} />
      )}
      <div className={css.work}>
        <Panel className={css.main} flush>
          <Tabs
            label={t('tab.label')}
            active={part}
            onChange={setPart}
            panels="order"
            tabs={PARTS.map((id) => ({ id, label: t(`tab.${id}`), count: counts[id] }))}
          />
          <div id={`order-${part}`} role="tabpanel" className={css.panel}>
            <OrderPanel part={part} details={details} />
          </div>
        </Panel>
        <div className={css.side}>
          <Panel>
            <OrderRoute order={order} />
          </Panel>
          <OrderActs details={details} onAct={act} />
          <Panel>
            <PartyLines order={order} />
          </Panel>
        </div>
      </div>
      {drawer && wanted && <PlaceDrawer order={order} onClose={close} />}
      {open && open !== 'change_location' && (
        <ChangeDialog
          details={details}
          action={open}
          onClose={close}
          onDone={open === 'delete' ? onBack : close}
        />
      )}
      {taking && (
        <TakeOverDialog
          ttn={order.ttn}
          holder={taking}
          onClose={() => setTaking(undefined)}
          onTaken={() => {
            setTaking(undefined)
            certain.current = true
            go('change_location')
          }}
        />
      )}
    </>
  )
}
