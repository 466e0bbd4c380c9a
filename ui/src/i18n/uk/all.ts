import common from './common'
import messages from './messages'
import order from './order'
import orders from './orders'
import problems from './problems'
import register from './register'
import session from './session'
import texts from './texts'
import timeline from './timeline'

/** Every namespace in one language. A new one is a file here, a file in the other language, and a line in both lists. */
const uk = { common, messages, order, orders, problems, register, session, texts, timeline }

export default uk
