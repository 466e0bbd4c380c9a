import { useNow } from './clock'

/** Whole seconds until a time of this desktop's clock, counted down once a second. */
export function useSecondsLeft(endsAt: number): number {
  useNow()
  return Math.max(0, Math.ceil((endsAt - Date.now()) / 1000))
}
