/** Registering a parcel in three steps. */
const register = {
  title: 'New parcel',
}

export default register
