/** Connecting to the server, setting up the office and signing in. */
const session = {
  title: 'Sign in to this station',
}

export default session
