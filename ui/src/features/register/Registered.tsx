import { IconCheck, IconCopy, IconMessage2, IconRepeat } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Button } from '@/components/Button'
import { PageFoot } from '@/components/PageFoot'
import { PageHead } from '@/components/PageHead'
import { Panel } from '@/components/Panel'
import { SmsBubble } from '@/components/SmsBubble'
import { StatusChip } from '@/components/StatusChip'
import { Steps } from '@/components/Steps'
import { Ttn } from '@/components/Ttn'
import { copyText } from '@/lib/clipboard'
import { useNow } from '@/lib/clock'
import { clockSeconds, maskedPhone, useFormat } from '@/lib/format'
import { useKeys } from '@/lib/keys'
import { core } from '@/lib/platform'
import { useSmsPreview } from '@/lib/texts'
import type { Order, OrderCreated } from '@/protocol/protocol'
import { LabelPreview } from './LabelPreview'
import css from './Registered.module.css'
import { SmsSteps } from './SmsSteps'

interface Props {
  created: OrderCreated
  onNext: () => void
  onSameSender: () => void
}

/** The parcel has its number. What the customer hears is followed live. */
export function Registered({ created, onNext, onSameSender }: Props) {
  const { t } = useTranslation('register')
  const { t: word } = useTranslation()
  const { money, weight } = useFormat()
  const navigate = useNavigate()
  const [copied, setCopied] = useState(false)
  const { ttn } = created.order
  // lib/live.ts asks again on every change of this order, also of its message.
  const { data } = useQuery({ queryKey: ['order', ttn], queryFn: () => core.request('orders.get', { ttn }) })
  const order = data?.order ?? created.order
  const copy = () => void copyText(ttn).then(setCopied)
  const toList = () => navigate('/orders')
  useKeys('screen', {
    Enter: onNext,
    Escape: onNext,
    F2: onNext,
    'Ctrl+KeyD': onSameSender,
    // A marked piece of text is what the clerk wants to copy.
    'Ctrl+KeyC': () => (getSelection()?.toString() ? false : copy()),
  })
  const { sender, recipient } = order
  return (
    <>
      <PageHead title={t('title')}>
        <div className={css.steps}>
          <Steps
            label={t('steps')}
            current={3}
            steps={[t('step.parties'), t('step.cargo'), t('step.confirm')]}
          />
        </div>
      </PageHead>
      <div className={css.work}>
        <div className={css.main}>
          <header className={css.done}>
            <span className={css.mark}>
              <IconCheck size={24} stroke={2.4} aria-hidden />
            </span>
            <div role="status">
              <h2>{t('done')}</h2>
              <p>
                {`${sender.name}, ${sender.location.city} → ${recipient.name}, ${recipient.location.city}, ${recipient.location.street} · ${word('items', { count: order.cargo.length })}`}
              </p>
            </div>
          </header>
          <p className={css.ttn} data-testid="registered-ttn" data-ttn={ttn}>
            <Ttn value={ttn} size="hero" />
          </p>
          <p className={css.acts}>
            <StatusChip status={order.status} size="lg" />
            <Button icon={copied ? IconCheck : IconCopy} keys="Ctrl+KeyC" onClick={copy}>
              {copied ? word('copied') : t('copyTtn')}
            </Button>
          </p>
          <Figures order={order} money={money} weight={weight} />
          <Sms
            created={created}
            order={order}
            message={data?.messages.find((one) => one.event_id === created.event_id)}
          />
        </div>
        <LabelPreview order={order} />
      </div>
      <PageFoot
        start={
          <Button look="ghost" keys="F3" onClick={toList}>
            {t('toList')}
          </Button>
        }
      >
        <Button size="lg" icon={IconRepeat} keys="Ctrl+KeyD" onClick={onSameSender}>
          {t('sameSender')}
        </Button>
        <Button
          look="primary"
          size="lg"
          keys="Enter"
          onClick={onNext}
          autoFocus
          data-testid="register-another"
        >
          {t('nextParcel')}
        </Button>
      </PageFoot>
    </>
  )
}

function Figures({
  order,
  money,
  weight,
}: {
  order: Order
  money: (minor: number) => string
  weight: (grams: number) => string
}) {
  const { t } = useTranslation('register')
  const declared = order.cargo.reduce((sum, item) => sum + item.declared_minor, 0)
  return (
    <dl className={css.figures}>
      <div>
        <dt>{t('toPay')}</dt>
        <dd className={css.price}>{money(order.price.total_minor)}</dd>
      </div>
      <div>
        <dt>{t('chargeableWeight')}</dt>
        <dd>{weight(order.price.chargeable_g)}</dd>
      </div>
      <div>
        <dt>{t('declaredValue')}</dt>
        <dd>{money(declared)}</dd>
      </div>
      <div>
        <dt>{t('time')}</dt>
        <dd>{clockSeconds(order.registered_at)}</dd>
      </div>
    </dl>
  )
}

function Sms({
  created,
  order,
  message,
}: {
  created: OrderCreated
  order: Order
  message: Parameters<typeof SmsSteps>[0]['message']
}) {
  const { t } = useTranslation('register')
  const now = useNow()
  const preview = useSmsPreview('accepted', order.language, order.ttn)
  const open = message?.finished_at === undefined
  const since = Math.max(0, Math.floor((now - created.order.registered_at) / 1000))
  return (
    <Panel
      icon={IconMessage2}
      title={t('smsTo')}
      note={maskedPhone(order.recipient.phone)}
      aside={open && <span className={css.live}>{t('live', { seconds: since })}</span>}
      flush
    >
      <SmsSteps message={message} queuedAt={created.order.registered_at} />
      <div className={css.sms}>
        <SmsBubble language={order.language} text={message?.text ?? preview?.text} />
        {preview && (
          <span className={css.size}>
            {t('smsSize', { used: preview.used, limit: preview.limit, count: preview.segments })}
          </span>
        )}
      </div>
    </Panel>
  )
}
