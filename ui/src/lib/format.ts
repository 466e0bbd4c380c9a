import { type LanguageCode, useLanguage } from './preferences'

/** Joins what must not be torn apart at a line end: number and unit, "Оператор 9". */
export const NO_BREAK = '\u00a0'
const ZONE = kyiv()

function kyiv(): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: 'Europe/Kyiv' })
    return 'Europe/Kyiv'
  } catch {
    // Zone data older than 2022b knows the old spelling only.
    return 'Europe/Kiev'
  }
}

const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

function split(ms: number): Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string> {
  const found = Object.fromEntries(parts.formatToParts(ms).map((part) => [part.type, part.value]))
  return found as ReturnType<typeof split>
}

/** `14:32`, in the time zone of the branches. `ms` is a Unix time in milliseconds. */
export function clock(ms: number): string {
  const { hour, minute } = split(ms)
  return `${hour}:${minute}`
}

/** `14:32:06`. */
export function clockSeconds(ms: number): string {
  return `${clock(ms)}:${split(ms).second}`
}

/** `22.11.2026`. */
export function date(ms: number): string {
  const { day, month, year } = split(ms)
  return `${day}.${month}.${year}`
}

/** The midnight that a time's day began with, in the time zone of the branches. */
export function startOfDay(ms: number): number {
  const { hour, minute, second } = split(ms)
  const into = (Number(hour) * 60 + Number(minute)) * 60 + Number(second)
  const guess = ms - into * 1000 - (ms % 1000)
  // On the two days a year when the clocks change, that is an hour off.
  const off = Number(split(guess).hour)
  if (off === 0) return guess
  return guess + (off === 23 ? 3600_000 : -off * 3600_000)
}

/** `14:32` today, `21.11` on another day of narrow columns. */
export function clockOrDay(ms: number, now: number): string {
  if (date(ms) === date(now)) return clock(ms)
  const { day, month } = split(ms)
  return `${day}.${month}`
}

/** `14:32` today, `21.11, 14:32` on another day. */
export function stamp(ms: number, now: number, seconds = false): string {
  const time = seconds ? clockSeconds(ms) : clock(ms)
  if (date(ms) === date(now)) return time
  const { day, month } = split(ms)
  return `${day}.${month},${NO_BREAK}${time}`
}

/** How long: `0:42`, `17:02`, `1:02:03`. Never negative, whatever the clocks say. */
export function age(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000))
  const seconds = String(total % 60).padStart(2, '0')
  const minutes = Math.floor(total / 60) % 60
  const hours = Math.floor(total / 3600)
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}

function grouped(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, NO_BREAK)
}

/** `1 284`. Plex's own thin space is all but invisible at 13 px, so the no-break space groups. */
export function count(value: number): string {
  return grouped(String(Math.trunc(value)))
}

/** A decimal with exactly `digits` places, from an integer in units of 10^-`digits`. */
function fixed(value: number, digits: number, language: LanguageCode): string {
  const sign = value < 0 ? '−' : ''
  const text = String(Math.abs(Math.round(value))).padStart(digits + 1, '0')
  const point = language === 'uk' ? ',' : '.'
  return `${sign}${grouped(text.slice(0, -digits))}${point}${text.slice(-digits)}`
}

/** Kopiykas as hryvnias without the sign: `1 500,00` uk, `1 500.00` en. */
export function amount(minor: number, language: LanguageCode): string {
  return fixed(minor, 2, language)
}

/** Kopiykas as hryvnias: `130,90 ₴`. */
export function money(minor: number, language: LanguageCode): string {
  return `${amount(minor, language)}${NO_BREAK}₴`
}

/** Grams as kilograms with two places: `3,40 кг` uk, `3.40 kg` en. */
export function weight(grams: number, language: LanguageCode): string {
  return `${kilograms(grams, language)}${NO_BREAK}${language === 'uk' ? 'кг' : 'kg'}`
}

/** Grams as kilograms with two places, without the unit. */
export function kilograms(grams: number, language: LanguageCode): string {
  return fixed(Math.round(grams / 10), 2, language)
}

/** Milliseconds as seconds with one place: `0,4 с`. What is quicker than a tenth says so. */
export function seconds(ms: number, language: LanguageCode): string {
  const unit = language === 'uk' ? 'с' : 's'
  return ms < 100
    ? `<${NO_BREAK}${fixed(1, 1, language)}${NO_BREAK}${unit}`
    : `${fixed(ms / 100, 1, language)}${NO_BREAK}${unit}`
}

/** Basis points as a percentage: 50 is `0,5 %`. */
export function percent(basisPoints: number, language: LanguageCode): string {
  const text = String(basisPoints / 100)
  return `${language === 'uk' ? text.replace('.', ',') : text}${NO_BREAK}%`
}

/** `300 × 200 × 150`, in millimetres. */
export function size(length: number, width: number, height: number): string {
  return [length, width, height].join(`${NO_BREAK}×${NO_BREAK}`)
}

/** E.164 as people read it: `+380 67 000 12 41`; other countries in groups of three. */
export function phone(e164: string): string {
  const ua = /^\+380(\d{2})(\d{3})(\d{2})(\d{2})$/.exec(e164)
  if (ua) return ['+380', ...ua.slice(1)].join(NO_BREAK)
  return e164.replace(/(\d{3})(?=\d)/g, `$1${NO_BREAK}`)
}

/** A phone as it stands on a screen that customers may see: `+380 67 ••• •• 41`. */
export function maskedPhone(e164: string): string {
  const ua = /^\+380(\d{2})\d{5}(\d{2})$/.exec(e164)
  if (ua) return ['+380', ua[1], '•••', '••', ua[2]].join(NO_BREAK)
  return [e164.slice(0, 4), '•••', '••', e164.slice(-2)].join(NO_BREAK)
}

/** Groups of a TTN, four by four; whatever else comes stays whole. */
export function ttnGroups(ttn: string): string[] {
  return ttn.match(/^\d{16}$/) ? (ttn.match(/\d{4}/g) ?? []) : [ttn]
}

/** The formats that depend on the language, bound to the present one. */
export function useFormat() {
  const language = useLanguage()
  return {
    money: (minor: number) => money(minor, language),
    amount: (minor: number) => amount(minor, language),
    weight: (grams: number) => weight(grams, language),
    kilograms: (grams: number) => kilograms(grams, language),
    seconds: (ms: number) => seconds(ms, language),
    percent: (basisPoints: number) => percent(basisPoints, language),
  }
}
