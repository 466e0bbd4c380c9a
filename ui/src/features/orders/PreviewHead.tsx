import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '@/components/IconButton'
import { StatusChip } from '@/components/StatusChip'
import { Ttn } from '@/components/Ttn'
import { copyText } from '@/lib/clipboard'
import { serverNow } from '@/lib/clock'
import { stamp, useFormat } from '@/lib/format'
import { useRow } from '@/lib/rows'
import type { OrderDetails, TimelineEntry } from '@/protocol/protocol'
import { ActsMenu } from './ActsMenu'
import { isProblem } from './belongs'
import css from './Preview.module.css'

const SHOWN_MS = 1500

/** When the order came to its present status. */
export function statusSince(timeline: readonly TimelineEntry[]): number | undefined {
  return timeline.find(({ fact }) => fact.kind === 'order' && fact.event.type !== 'location_changed')?.at
}

/** TTN with copying, status, since when, how many and how heavy. */
export function PreviewHead({ ttn, details }: { ttn: string; details: OrderDetails | undefined }) {
  const { t } = useTranslation('orders')
  const { t: word } = useTranslation()
  const { weight } = useFormat()
  const known = useRow(ttn)
  const [copied, setCopied] = useState('')
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(''), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [copied])

  const order = details?.order
  const since = details && statusSince(details.timeline)
  const facts = order && [
    since && t('preview.since', { time: stamp(since, serverNow()) }),
    word('items', { count: order.cargo.length }),
    weight(order.cargo.reduce((sum, item) => sum + item.weight_g, 0)),
  ]
  const row = known?.row
  return (
    <>
      <div className={css.head}>
        <Ttn value={ttn} size="preview" />
        <IconButton
          icon={copied === ttn ? IconCheck : IconCopy}
          label={copied === ttn ? word('copied') : word('copy')}
          onClick={() => void copyText(ttn).then((done) => done && setCopied(ttn))}
        />
        {details && <ActsMenu details={details} />}
      </div>
      {row && (
        <div className={css.state}>
          <StatusChip
            size="lg"
            status={row.sms === 'failed' && isProblem(row.status, row.sms) ? 'problem' : row.status}
          />
          {facts?.filter(Boolean).join(' · ')}
        </div>
      )}
    </>
  )
}
