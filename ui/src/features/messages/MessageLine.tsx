import { memo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { MessageAge } from '@/components/MessageAge'
import { SmsTicks } from '@/components/SmsTicks'
import { Ttn } from '@/components/Ttn'
import { useMessageWords } from '@/components/useMessageWords'
import { useNow } from '@/lib/clock'
import { count, maskedPhone } from '@/lib/format'
import { type MessageCell, refusalOf, useKnownMessage } from '@/lib/messages'
import type { MessageView } from '@/protocol/protocol'
import css from './MessageLine.module.css'

interface Props {
  id: string
  /** Position in the list, from 0. */
  index: number
  /** Pixels from the top of the list. */
  top: number
  selected: boolean
  onSelect: (id: string) => void
  onOpen: (ttn: string) => void
}

/** One message. It stays in its place whatever happens to it; a changed cell is tinted for a moment. */
export const MessageLine = memo(function MessageLine({ id, index, top, selected, onSelect, onOpen }: Props) {
  const { t } = useTranslation('messages')
  const known = useKnownMessage(id)
  if (!known) return null
  const { row, changed, mark } = known
  const { message } = row
  const dealtWith = refusalOf(message)
  // A person has dealt with it, or nobody has to: no colour calls for anyone.
  const calm = dealtWith === 'told' || dealtWith === 'replaced'
  const tint = (cell: MessageCell) => ({ tinted: changed.includes(cell) })
  // A new key starts the tint again when a cell changes twice in a row.
  const key = (cell: MessageCell) => `${cell}-${changed.includes(cell) ? mark : 0}`
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: the screen's keys choose and open rows
    <div
      id={`message-${id}`}
      role="row"
      className={css.row}
      style={{ transform: `translateY(${top}px)` }}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-ttn={row.ttn}
      data-state={message.state}
      data-calm={calm || undefined}
      onClick={() => onSelect(id)}
      onDoubleClick={() => onOpen(row.ttn)}
    >
      <Cell key={key('state')} {...tint('state')}>
        <SmsTicks state={message.state} withWord />
      </Cell>
      <Cell>
        <Ttn value={row.ttn} />
      </Cell>
      <Cell column="notice">
        <span className={css.text}>{t(`notice.${message.notice}`)}</span>
      </Cell>
      <Cell key={key('to')} {...tint('to')} column="to" weak>
        {maskedPhone(message.phone)}
      </Cell>
      <Cell key={key('attempts')} {...tint('attempts')} column="attempts">
        {count(message.attempts)}
      </Cell>
      <Cell>
        <MessageAge message={message} />
      </Cell>
      <Cell key={key('known')} {...tint('known')} weak={dealtWith !== undefined}>
        <Known message={message} />
      </Cell>
    </div>
  )
})

/** What is known, in words; counts down while a further try is near. */
function Known({ message }: { message: MessageView }) {
  const words = useMessageWords()
  const now = useNow(message.state === 'queued' ? 1000 : 60_000)
  const text = words.known(message, now)
  return (
    <span className={css.text} title={text}>
      {text}
    </span>
  )
}

function Cell({
  weak = false,
  tinted = false,
  column,
  children,
}: {
  weak?: boolean
  tinted?: boolean
  /** Names the columns that narrow windows leave out. */
  column?: 'notice' | 'to' | 'attempts'
  children: ReactNode
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtualised grid cannot be a table
    // biome-ignore lint/a11y/useFocusableInteractive: the grid itself has the focus
    <div
      role="gridcell"
      className={css.cell}
      data-weak={weak || undefined}
      data-tinted={tinted || undefined}
      data-column={column}
    >
      {children}
    </div>
  )
}
