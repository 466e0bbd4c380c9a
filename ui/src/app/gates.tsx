import { Navigate, Outlet } from 'react-router'
import { useConnection } from '@/lib/connection'

/** Screens of a signed-in employee; everybody else is sent to the sign-in. Draws nothing until the core has answered. */
export function SignedIn() {
  const known = useConnection((now) => now.known)
  const session = useConnection((now) => now.session)
  if (!known) return null
  return session ? <Outlet /> : <Navigate to="/connect" replace />
}

/** The sign-in; a signed-in employee is sent to the list. */
export function SignedOut() {
  const known = useConnection((now) => now.known)
  const session = useConnection((now) => now.session)
  if (!known) return null
  return session ? <Navigate to="/orders" replace /> : <Outlet />
}
