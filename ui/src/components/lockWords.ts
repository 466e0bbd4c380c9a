import type { LockPurpose } from '@/protocol/protocol'

/** The sentence (namespace `common`) for what the holder of a lock is doing. */
export const lockDoing = {
  edit_place: 'lock.editing',
  reserved: 'lock.reserved',
  command: 'lock.command',
} as const satisfies Record<LockPurpose, string>
