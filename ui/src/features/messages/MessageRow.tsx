import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { CellText, GridCell, GridRow, type RowPlace, tints } from '@/components/GridRow'
import { MessageAge } from '@/components/MessageAge'
import { SmsTicks } from '@/components/SmsTicks'
import { Ttn } from '@/components/Ttn'
import { useMessageWords } from '@/components/useMessageWords'
import { useNow } from '@/lib/clock'
import { count, maskedPhone } from '@/lib/format'
import { refusalOf, useKnownMessage } from '@/lib/messages'
import type { MessageView } from '@/protocol/protocol'
import css from './MessageRow.module.css'

/** Letters of what is known that fit into its column on one line. */
const LONG_KNOWN = 30

interface Props extends RowPlace {
  id: string
  onSelect: (id: string) => void
  onOpen: (ttn: string) => void
}

/** One message of the list. */
export const MessageRow = memo(function MessageRow({ id, onSelect, onOpen, ...place }: Props) {
  const { t } = useTranslation('messages')
  const known = useKnownMessage(id)
  if (!known) return null
  const { ttn, message } = known.row
  const { key, tinted } = tints(known)
  const dealtWith = refusalOf(message)
  // A person has dealt with it, or nobody has to: no colour calls for anyone.
  const calm = dealtWith === 'told' || dealtWith === 'replaced'
  return (
    <GridRow
      {...place}
      id={`message-${id}`}
      selected={place.current}
      data-ttn={ttn}
      data-state={message.state}
      data-calm={calm || undefined}
      onPress={() => onSelect(id)}
      onOpen={() => onOpen(ttn)}
    >
      <GridCell key={key('state')} tinted={tinted('state')}>
        <span className={css.state}>
          <SmsTicks state={message.state} withWord />
        </span>
      </GridCell>
      <GridCell>
        <Ttn value={ttn} />
      </GridCell>
      <GridCell column="notice">
        <CellText>{t(`notice.${message.notice}`)}</CellText>
      </GridCell>
      <GridCell key={key('to')} tinted={tinted('to')} column="to" weak>
        {maskedPhone(message.phone)}
      </GridCell>
      <GridCell key={key('attempts')} tinted={tinted('attempts')} column="attempts">
        {count(message.attempts)}
      </GridCell>
      <GridCell>
        <MessageAge message={message} />
      </GridCell>
      <GridCell key={key('known')} tinted={tinted('known')} weak={dealtWith !== undefined}>
        <Known message={message} />
      </GridCell>
    </GridRow>
  )
})

/** What is known, in words; counts down while a further try is near. */
function Known({ message }: { message: MessageView }) {
  const words = useMessageWords()
  const now = useNow(message.state === 'queued' ? 1000 : 60_000)
  const text = words.known(message, now)
  return (
    <span className={css.known} data-long={text.length > LONG_KNOWN || undefined} title={text}>
      {text}
    </span>
  )
}
