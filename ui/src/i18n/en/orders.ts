/** The list of orders and its preview. */
const orders = {
  title: 'Orders',
  search: 'TTN, phone or city',
  'scope.my_branch': 'My branch',
  'scope.all_branches': 'All branches',
  newParcel: 'New parcel',
}

export default orders
