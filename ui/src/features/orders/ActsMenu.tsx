import { IconDots } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { IconButton } from '@/components/IconButton'
import { MenuButton } from '@/components/MenuButton'
import { acts } from '@/components/orderActs'
import { useProblemSentences } from '@/lib/problem'
import type { OrderDetails } from '@/protocol/protocol'

/** Every action; a refused one stays in sight with its reason. */
export function ActsMenu({ details }: { details: OrderDetails }) {
  const { t } = useTranslation('orders')
  const { t: word } = useTranslation()
  const { refusal: why } = useProblemSentences()
  const navigate = useNavigate()
  return (
    <MenuButton
      target={<IconButton icon={IconDots} label={word('more')} />}
      entries={details.actions.map(({ action, allowed, refusal, detail }) => ({
        id: action,
        label: t(`act.${action}`),
        icon: acts[action].icon,
        keys: acts[action].keys,
        danger: acts[action].danger,
        refusal: allowed || !refusal ? undefined : why(refusal, detail),
        onPress: () => navigate(`/orders/${details.order.ttn}?do=${acts[action].address}`),
      }))}
    />
  )
}
