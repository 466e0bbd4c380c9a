import { connection } from './connection'

/** The key of what one employee keeps at this desktop: nobody else's draft is shown to whoever signs in next. */
export function ownKey(name: string): string {
  return `${name}.${connection.get().session?.employee ?? ''}`
}
