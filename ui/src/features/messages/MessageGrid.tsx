import { useTranslation } from 'react-i18next'
import { Grid, type ListGridProps } from '@/components/Grid'
import { count } from '@/lib/format'
import css from './MessageGrid.module.css'
import { MessageRow } from './MessageRow'
import { type MessagesView, messagePlace } from './view'

const COLUMNS = ['state', 'ttn', 'notice', 'to', 'attempts', 'age', 'known'] as const

interface Props extends ListGridProps {
  view: MessagesView
  ids: readonly string[]
  onOpen: (ttn: string) => void
}

/** The list of messages. */
export function MessageGrid({ fresh, onOpen, onShowFresh, ...rest }: Props) {
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
        onShow: onShowFresh,
      }}
      rowId={(id) => `message-${id}`}
      row={(id, place) => <MessageRow id={id} {...place} onSelect={messagePlace.select} onOpen={onOpen} />}
    />
  )
}
