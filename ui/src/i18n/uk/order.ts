import type order from '../en/order'
import type { Ukrainian } from '../shape'

const orderUk: Ukrainian<typeof order> = {
  title: 'Посилка',
}

export default orderUk
