/** One order: its page, the place drawer and the questions before a change. */
const order = {
  title: 'Parcel',
}

export default order
