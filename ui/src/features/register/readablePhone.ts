import { phone } from '@/lib/format'

/** A number that the rules took, as people read it: `0670001241` becomes `+380 67 000 12 41`. Others stay as typed. */
export function readablePhone(typed: string): string {
  const digits = typed.replace(/\D/g, '')
  if (/^0\d{9}$/.test(digits)) return phone(`+38${digits}`)
  if (/^380\d{9}$/.test(digits)) return phone(`+${digits}`)
  return typed.trim()
}
