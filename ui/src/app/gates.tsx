import { Navigate, Outlet } from 'react-router'
import { useConnection } from '@/lib/connection'
import { drafts } from '@/lib/drafts'
import { useStore } from '@/lib/store'

/**
 * Screens of a signed-in employee; everybody else is sent to the sign-in. Draws nothing until the core has answered, also what this employee
 * had typed: forms begin with it.
 */
export function SignedIn() {
  const known = useConnection((now) => now.known)
  const session = useConnection((now) => now.session)
  const typedBy = useStore(drafts, (now) => now?.employee)
  if (!known) return null
  if (!session) return <Navigate to="/connect" replace />
  return typedBy === session.employee ? <Outlet /> : null
}

/** The sign-in; a signed-in employee is sent to the list. */
export function SignedOut() {
  const known = useConnection((now) => now.known)
  const session = useConnection((now) => now.session)
  if (!known) return null
  return session ? <Navigate to="/orders" replace /> : <Outlet />
}
