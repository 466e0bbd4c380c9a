import type session from '../en/session'
import type { Ukrainian } from '../shape'

const sessionUk: Ukrainian<typeof session> = {
  title: 'Вхід на цю станцію',
}

export default sessionUk
