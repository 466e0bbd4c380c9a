import { useDebouncedValue } from '@mantine/hooks'
import { IconQuestionMark } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { MessageActs } from '@/components/MessageActs'
import { MessageCard } from '@/components/MessageCard'
import { PaneMissing } from '@/components/PaneMissing'
import { Skeleton } from '@/components/Skeleton'
import { Ttn } from '@/components/Ttn'
import { useKeys } from '@/lib/keys'
import { type KnownMessage, messages, refusalOf, useKnownMessage } from '@/lib/messages'
import type { RowKeys } from '@/lib/rowKeys'
import { useStore } from '@/lib/store'
import { useMessage } from '@/lib/useMessage'
import { useMessageActs } from '@/lib/useMessageActs'
import type { MessageRow } from '@/protocol/protocol'
import css from './MessagePane.module.css'

/** Holding an arrow key down must not ask for every message it runs over. */
const PASSING_MS = 120

/** Nobody knows whether it arrived, and nobody has dealt with it. */
function isOpenUnknown(known: KnownMessage | undefined): boolean {
  return known?.row.message.state === 'unknown' && refusalOf(known.row.message) === undefined
}

/** The chosen message beside the list. */
export function MessagePane({
  id,
  ids,
  acting,
}: {
  id: string
  ids: readonly string[]
  /** Makes keys wait for the rows that they are about. */
  acting: RowKeys['acting']
}) {
  const { t } = useTranslation('messages')
  const known = useKnownMessage(id)
  const unknown = useStore(messages, (all) => ids.filter((listed) => isOpenUnknown(all.get(listed))).length)
  return (
    <>
      {known && <Chosen row={known.row} acting={acting} />}
      {unknown > 0 && (
        <p className={css.note}>
          <IconQuestionMark size={16} stroke={2} aria-hidden />
          <span>
            <b>{t('note.title', { count: unknown })}</b> {t('note.text')}
          </span>
        </p>
      )}
    </>
  )
}

function Chosen({ row, acting }: { row: MessageRow; acting: RowKeys['acting'] }) {
  const { t } = useTranslation('messages')
  const navigate = useNavigate()
  const { message } = row
  const [asked] = useDebouncedValue(message.event_id, PASSING_MS)
  const { data, error } = useMessage(asked)
  const settled = asked === message.event_id
  const details = settled ? data : undefined
  const acts = useMessageActs(message, details?.actions)
  const newer = useKnownMessage(message.replaced_by)
  useKeys('screen', acting({ F9: acts.sendByKey }))
  return (
    <>
      <MessageCard
        row={row}
        ttn={
          <button
            type="button"
            className={css.ttn}
            title={t('act.open')}
            onClick={() => navigate(`/orders/${row.ttn}?tab=messages`)}
          >
            <Ttn value={row.ttn} size="line" />
          </button>
        }
        attempts={details?.attempts}
        size={details?.size}
        newer={newer?.row.message.state}
      >
        <MessageActs acts={acts} ttn={row.ttn} />
      </MessageCard>
      {settled && error && !details && <PaneMissing title={t('detail.failed')} error={error} />}
      {!details && !(settled && error) && <Skeleton rows={3} rowHeight={42} />}
    </>
  )
}
