import { IconHistory, IconHome } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { serverNow } from '@/lib/clock'
import { useSession } from '@/lib/connection'
import { clockOrDay } from '@/lib/format'
import { recentPlaces, samePlace } from '@/lib/places'
import type { Suggestion } from './usePlaceChoice'

/** The places that are near at hand for everybody here: the own branch and the last ones of this station. */
export function usePlaceSuggestions(): Suggestion[] {
  const { t } = useTranslation()
  const session = useSession()
  const branch = session?.branch
  const mine: Suggestion[] = branch
    ? [{ icon: IconHome, heading: t('place.mine'), place: branch.location, name: branch.name }]
    : []
  const recent = recentPlaces()
    .filter((place) => !branch || !samePlace(place, branch.location))
    .map(
      (place): Suggestion => ({
        icon: IconHistory,
        heading: t('place.recent'),
        place,
        time: place.at === undefined ? undefined : clockOrDay(place.at, serverNow()),
      }),
    )
  return [...mine, ...recent]
}
