import { IconHistory } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { clock, date } from '@/lib/format'
import type { Older } from '@/protocol/protocol'
import css from './SearchReach.module.css'
import type { ListView } from './view'

/** Searches further back in time. */
export const OLDER_KEY = 'Alt+ArrowDown'
/** Searches among the newest orders again. */
export const NEWEST_KEY = 'Alt+ArrowUp'

interface Props {
  view: ListView
  /** Absent when there are no older orders than those that were looked at. */
  older: Older | undefined
  onOlder: () => void
  onNewest: () => void
}

const moment = (ms: number) => `${date(ms)}, ${clock(ms)}`

/** Under the tabs of a search that did not look at all orders: at which it did, and how to search on. Draws nothing where it looked at all. */
export function SearchReach({ view: { back }, older, onOlder, onNewest }: Props) {
  const { t } = useTranslation('orders')
  if (!older && !back) return null
  const which = !older ? 'until' : back ? 'between' : 'since'
  const since = older && moment(older.since)
  const until = back && moment(back.until)
  return (
    <section className={css.bar} data-testid="reach">
      <IconHistory size={15} stroke={1.8} aria-hidden />
      <span className={css.text} role="status">
        {t(`reach.${which}`, { since, until })}
      </span>
      {back && (
        <Button look="ghost" size="sm" keys={NEWEST_KEY} onClick={onNewest}>
          {t('reach.newest')}
        </Button>
      )}
      {older && (
        <Button look="plain" size="sm" keys={OLDER_KEY} onClick={onOlder}>
          {t('reach.older')}
        </Button>
      )}
    </section>
  )
}
