import type orders from '../en/orders'
import type { Ukrainian } from '../shape'

const ordersUk: Ukrainian<typeof orders> = {
  title: 'Замовлення',
  search: 'ТТН, телефон або місто',
  'scope.my_branch': 'Моє відділення',
  'scope.all_branches': 'Усі відділення',
  newParcel: 'Нова посилка',
}

export default ordersUk
