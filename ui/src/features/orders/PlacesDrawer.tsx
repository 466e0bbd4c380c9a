import { IconMapPin } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/Button'
import { Drawer } from '@/components/Drawer'
import { PlaceField } from '@/components/PlaceField'
import { usePlaceChoice } from '@/components/usePlaceChoice'
import { usePlaceSuggestions } from '@/components/usePlaceSuggestions'
import { serverNow } from '@/lib/clock'
import { rememberPlace, type TypedPlace } from '@/lib/places'
import { useProblemSentences } from '@/lib/problem'
import { markOnly } from './marks'
import css from './PlacesDrawer.module.css'
import { PlacesProgress } from './PlacesProgress'
import { type Fates, summary, usePlaceBatch } from './usePlaceBatch'

/** Gives the marked orders one place. Whatever is refused stays marked and says why. */
export function PlacesDrawer({ ttns, onClose }: { ttns: readonly string[]; onClose: () => void }) {
  const { t } = useTranslation('orders')
  const { t: word } = useTranslation()
  const { field } = useProblemSentences()
  const choice = usePlaceChoice({ city: '', street: '' }, usePlaceSuggestions())
  const batch = usePlaceBatch()
  const { saved, refused, left } = summary(batch.fates)
  const [given, setGiven] = useState<TypedPlace>()
  const busy = left > 0
  const ended = batch.fates.size > 0 && !busy
  const wrong = batch.unreadable?.fields?.[0]

  const end = (fates: Fates, place: TypedPlace) => {
    if (fates.size === 0) return setGiven(undefined)
    const { saved: done, refused: not } = summary(fates)
    if (done > 0) rememberPlace(place, serverNow())
    markOnly(not)
    if (not.length === 0) onClose()
  }
  const save = (which: readonly string[], place: TypedPlace) => {
    if (busy) return
    setGiven(place)
    void batch.run(which, place).then((fates) => end(fates, place))
  }
  const confirm = () => (ended && given ? save(refused, given) : save(ttns, choice.place))

  return (
    <Drawer
      icon={IconMapPin}
      title={t('places.title', { count: ttns.length })}
      keyHint="F6"
      onClose={onClose}
      keys={{ 'Ctrl+Enter': confirm }}
      pinned={
        !given && (
          <>
            <p className={css.note}>{t('places.each')}</p>
            <p className={css.note}>{t('places.tells')}</p>
          </>
        )
      }
      foot={
        <>
          <Button look="ghost" keys="Escape" onClick={onClose}>
            {busy ? t('places.goesOn') : word('close')}
          </Button>
          <Button
            look="primary"
            size="lg"
            keys="Ctrl+Enter"
            busy={busy}
            onClick={confirm}
            data-testid="places-save"
          >
            {ended ? t('places.again') : t(busy ? 'places.saving' : 'places.save')}
          </Button>
        </>
      }
    >
      {given ? (
        <PlacesProgress place={given} fates={batch.fates} saved={saved} refused={refused.length} />
      ) : (
        <PlaceField
          label={word('place.new')}
          hint={word('place.hint')}
          choice={choice}
          error={wrong && field(wrong)}
          onChange={batch.forget}
        />
      )}
    </Drawer>
  )
}
