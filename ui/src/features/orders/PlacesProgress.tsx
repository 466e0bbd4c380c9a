import { IconCheck, IconClock, IconLoader2, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Ttn } from '@/components/Ttn'
import { placeText, type TypedPlace } from '@/lib/places'
import { useProblemSentences } from '@/lib/problem'
import { useRow } from '@/lib/rows'
import css from './PlacesDrawer.module.css'
import type { Fate, Fates } from './usePlaceBatch'

const icons = { waits: IconClock, sent: IconLoader2, saved: IconCheck, refused: IconX }
/** What needs a person stands first. */
const RANK = { refused: 0, sent: 1, waits: 2, saved: 3 }

interface Props {
  place: TypedPlace
  fates: Fates
  saved: number
  refused: number
}

/** How far a batch is: a bar, and every order with what became of it. */
export function PlacesProgress({ place, fates, saved, refused }: Props) {
  const { t } = useTranslation('orders')
  const all = fates.size
  const ordered = [...fates].sort(([, a], [, b]) => RANK[a.is] - RANK[b.is])
  return (
    <>
      <div className={css.progress}>
        <b>{placeText(place)}</b>
        <div
          className={css.track}
          role="progressbar"
          aria-label={t('places.progress')}
          aria-valuemin={0}
          aria-valuemax={all}
          aria-valuenow={saved + refused}
        >
          <span className={css.saved} style={{ flex: saved }} />
          <span className={css.refused} style={{ flex: refused }} />
          <span style={{ flex: all - saved - refused }} />
        </div>
        <p className={css.note} role="status" data-testid="places-summary">
          {t('places.summary', { saved, all })}
          {refused > 0 && ` · ${t('places.notSaved', { count: refused })}`}
        </p>
      </div>
      <ol className={css.fates}>
        {ordered.map(([ttn, fate]) => (
          <Line key={ttn} ttn={ttn} fate={fate} />
        ))}
      </ol>
    </>
  )
}

function Line({ ttn, fate }: { ttn: string; fate: Fate }) {
  const { t } = useTranslation('orders')
  const { problem } = useProblemSentences()
  const row = useRow(ttn)?.row
  const IconOf = icons[fate.is]
  return (
    <li className={css.fate} data-is={fate.is} data-ttn={ttn} data-testid="places-fate">
      <IconOf size={17} stroke={1.9} aria-hidden />
      <div className={css.line}>
        <Ttn value={ttn} size="line" />
        <span className={css.what}>
          {fate.is === 'refused' ? row?.description : t(`places.is.${fate.is}`)}
        </span>
      </div>
      {fate.is === 'refused' && <p className={css.why}>{problem(fate.problem).cause}</p>}
    </li>
  )
}
