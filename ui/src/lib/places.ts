/** A place as typed. */
export interface TypedPlace {
  city: string
  street: string
}

/** A place with the time when it was last used at this desktop. */
export interface RecentPlace extends TypedPlace {
  at?: number
}

const RECENT = 'postoffice.recentPlaces'
/** Places that a station remembers. */
const REMEMBERED = 5

/** A value kept in this desktop's web view. */
export function readKept<T>(key: string, fallback: T): T {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? 'null') as T | null) ?? fallback
  } catch {
    // Switched off or edited by hand: what it held can be typed again.
    return fallback
  }
}

/** Keeps a value in this desktop's web view. */
export function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Full or switched off: it lives as long as what shows it.
  }
}

/** A place on one line: "Одеса, Відділення 12". */
export function placeText({ city, street }: TypedPlace): string {
  return [city, street].filter((part) => part.trim()).join(', ')
}

/** The place on a line: what stands before the first comma is the city. */
export function placeOf(text: string): TypedPlace {
  const [city = '', ...street] = text.split(',')
  return { city: city.trim(), street: street.join(',').trim() }
}

/** Whether a place says both where and what. */
export function isWhole({ city, street }: TypedPlace): boolean {
  return city.trim() !== '' && street.trim() !== ''
}

const folded = (text: string) =>
  text
    .normalize('NFKC')
    .toLocaleLowerCase()
    .replace(/[’ʼ'`]/g, '’')
    .replace(/[\s,]+/g, ' ')
    .trim()

/** Whether two places are the same to a reader. The server compares by the domain's own rule. */
export function samePlace(a: TypedPlace, b: TypedPlace): boolean {
  return folded(placeText(a)) === folded(placeText(b))
}

/** Whether a typed line may mean a place: every word of it begins a word of the place or of its name. */
export function mayMean(text: string, place: TypedPlace, name = ''): boolean {
  const words = folded(`${placeText(place)} ${name}`).split(' ')
  return folded(text)
    .split(' ')
    .every((wanted) => words.some((word) => word.startsWith(wanted)))
}

/** The last places saved at this desktop, newest first. */
export function recentPlaces(): RecentPlace[] {
  return readKept<RecentPlace[]>(RECENT, [])
}

/** Remembers a place that was saved. */
export function rememberPlace({ city, street }: TypedPlace, at: number): void {
  const others = recentPlaces().filter((recent) => recent.city !== city || recent.street !== street)
  keep(RECENT, [{ city, street, at }, ...others].slice(0, REMEMBERED))
}
