/** One order */
const order = {
  title: ' its page, the place drawer and the questions before a change.',
}

export default order
