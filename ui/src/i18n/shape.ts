/** Keys that count something in English: `parcels_one` and `parcels_other` are one sentence, `parcels`. */
type Counted<T> = { [K in keyof T]: K extends `${infer Base}_one` ? Base : never }[keyof T]

/**
 * What the Ukrainian file must hold for an English one: the same keys, and for each counted sentence the forms one, few, many
 * and other (1 посилка, 2 посилки, 5 посилок, 1,5 посилки). A key that is missing or too many is a type error.
 */
export type Ukrainian<T> = { [K in keyof T]: string } & {
  [K in `${Counted<T> & string}_${'few' | 'many'}`]: string
}
