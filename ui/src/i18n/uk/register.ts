import type register from '../en/register'
import type { Ukrainian } from '../shape'

const registerUk: Ukrainian<typeof register> = {
  title: 'Нова посилка',
}

export default registerUk
