import { useTranslation } from 'react-i18next'
import { Grid } from '@/components/Grid'
import { count } from '@/lib/format'
import css from './MessageGrid.module.css'
import { MessageRow } from './MessageRow'
import { type MessagesView, messagePlace } from './view'

const COLUMNS = ['state', 'ttn', 'notice', 'to', 'attempts', 'age', 'known'] as const

interface Props {
  view: MessagesView
  ids: readonly string[]
  /** Index of the chosen row. */
  at: number
  /** How many new messages wait above. */
  fresh: number
  /** Grey bars instead of rows. */
  skeleton: boolean
  onOpen: (ttn: string) => void
  onTop: () => void
  /** Asked for more; absent when there is no more. */
  onEnd: (() => void) | undefined
  /** Told how many rows are in sight. */
  onMeasure: (rows: number) => void
}

/** The list of messages. */
export function MessageGrid({ fresh, onOpen, onTop, ...rest }: Props) {
  const { t } = useTranslation('messages')
  return (
    <Grid
      {...rest}
      label={t('grid')}
      className={css.columns}
      columns={COLUMNS.map((id) => ({ id, label: t(`col.${id}`) }))}
      rowHeight={32}
      place={messagePlace}
      fresh={{
        count: fresh,
        label: t('fresh', { count: fresh, shown: count(fresh) }),
        hint: t('freshHint'),
        said: t('said.fresh', { count: fresh }),
        testId: 'messages-fresh',
        onShow: onTop,
      }}
      rowId={(id) => `message-${id}`}
      row={(id, place) => <MessageRow id={id} {...place} onSelect={messagePlace.select} onOpen={onOpen} />}
    />
  )
}
