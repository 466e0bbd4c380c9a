import { keepDraft as keep, readDraft } from '@/lib/drafts'
import type { CargoItemDraft, Language, OrderDraft, PartyDraft, Payer } from '@/protocol/protocol'

/** A box as typed: millimetres, grams, and hryvnias for the declared value. `key` tells rows apart. */
export interface CargoRow {
  key: string
  length: string
  width: string
  height: string
  weight: string
  declared: string
}

/** The fields of a row in the order they are typed. */
export const CARGO_PARTS = ['length', 'width', 'height', 'weight', 'declared'] as const
export type CargoPart = (typeof CARGO_PARTS)[number]

/** Names of those fields in the protocol; refusals name them so. */
export const PROTOCOL_PART: Record<CargoPart, keyof CargoItemDraft> = {
  length: 'length_mm',
  width: 'width_mm',
  height: 'height_mm',
  weight: 'weight_g',
  declared: 'declared_minor',
}

/** Parties, cargo, confirmation. */
export type Step = 0 | 1 | 2

/** A parcel that is being registered. Kept on the station until it is saved. */
export interface Draft {
  step: Step
  sender: PartyDraft
  recipient: PartyDraft
  description: string
  payer: Payer
  language: Language
  cargo: CargoRow[]
  /** Made before the first try to save and kept until the server has answered: a second try is the same parcel. */
  commandId?: string
}

/** A box that people know by its name, millimetres. */
export interface BoxPreset {
  id: 'document' | 'xs' | 's' | 'm' | 'l' | 'xl'
  length: number
  width: number
  height: number
}

/** The company's boxes; `Alt+1` … `Alt+6` in this order. */
export const BOX_PRESETS: readonly BoxPreset[] = [
  { id: 'document', length: 320, width: 240, height: 10 },
  { id: 'xs', length: 170, width: 120, height: 90 },
  { id: 's', length: 230, width: 160, height: 100 },
  { id: 'm', length: 300, width: 200, height: 150 },
  { id: 'l', length: 400, width: 300, height: 200 },
  { id: 'xl', length: 600, width: 350, height: 300 },
]

/** The preset with exactly these sides. */
export function presetOf(length: number, width: number, height: number): BoxPreset | undefined {
  return BOX_PRESETS.find((box) => box.length === length && box.width === width && box.height === height)
}

/** An empty row. */
export function emptyRow(key: string): CargoRow {
  return { key, length: '', width: '', height: '', weight: '', declared: '' }
}

/** The row with the sides of a preset; what was typed about weight and value stays. */
export function withPreset(row: CargoRow, { length, width, height }: BoxPreset): CargoRow {
  return { ...row, length: String(length), width: String(width), height: String(height) }
}

const noParty: PartyDraft = { phone: '', name: '', city: '', street: '' }

/** A fresh draft. Most parcels are sent from the town of the branch, so that is filled in. */
export function emptyDraft(city: string, language: Language): Draft {
  return {
    step: 0,
    sender: { ...noParty, city },
    recipient: noParty,
    description: '',
    payer: 'sender',
    language,
    cargo: [emptyRow('1')],
  }
}

/** The next parcel of the same sender. */
export function sameSender({ sender, payer, language }: Draft): Draft {
  return { ...emptyDraft('', language), sender, payer }
}

/** True when nothing was typed that would be lost. */
export function isUntouched({ sender, recipient, description, cargo }: Draft): boolean {
  const typed = [sender.phone, sender.name, sender.street, ...Object.values(recipient), description]
  return (
    typed.every((text) => !text.trim()) &&
    cargo.every((row) => CARGO_PARTS.every((part) => !row[part].trim()))
  )
}

// Spaces of every kind group digits.
const bare = (text: string) => text.replace(/[\s']/gu, '')

/** A whole number as typed; NaN (which the rules refuse with their bounds) when it is none. */
export function wholeNumber(text: string): number {
  const digits = bare(text)
  return /^-?\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN
}

/** Hryvnias as typed (`1 000`, `99,50`) in kopiykas; NaN when they are none. An empty field declares nothing. */
export function minorUnits(text: string): number {
  const digits = bare(text).replace(',', '.')
  if (!digits) return 0
  const [, whole = '', part = ''] = /^(-?\d{1,12})(?:\.(\d{1,2}))?$/.exec(digits) ?? []
  return whole ? Number(whole) * 100 + Number(part.padEnd(2, '0')) : Number.NaN
}

/** A row as the rules read it. */
export function itemOf(row: CargoRow): CargoItemDraft {
  return {
    length_mm: wholeNumber(row.length),
    width_mm: wholeNumber(row.width),
    height_mm: wholeNumber(row.height),
    weight_g: wholeNumber(row.weight),
    declared_minor: minorUnits(row.declared),
  }
}

/** The draft as the server takes it. */
export function orderOf({ sender, recipient, description, payer, language, cargo }: Draft): OrderDraft {
  return { sender, recipient, description, payer, language, cargo: cargo.map(itemOf) }
}

/** The form of an order that was given before and came back. */
export function draftOf({ cargo, ...order }: OrderDraft): Draft {
  const text = (number: number, of = 1) => (Number.isFinite(number) ? String(number / of) : '')
  const rows = cargo.map((item, position) => ({
    key: `back-${position}`,
    length: text(item.length_mm),
    width: text(item.width_mm),
    height: text(item.height_mm),
    weight: text(item.weight_g),
    declared: item.declared_minor ? text(item.declared_minor, 100) : '',
  }))
  return { ...order, step: 2, cargo: rows.length > 0 ? rows : [emptyRow('back-0')] }
}

/** Path of a cargo field in refusals. */
export function cargoPath(position: number, part: CargoPart): string {
  return `cargo[${position}].${PROTOCOL_PART[part]}`
}

/** The draft that was left on this station. */
export function keptDraft(): Draft | undefined {
  const kept = readDraft<Draft | undefined>('register', undefined)
  return kept && Array.isArray(kept.cargo) && kept.cargo.length > 0 && kept.sender && kept.recipient
    ? kept
    : undefined
}

/** Keeps the draft on this station; resolves when it is on the disk. */
export function keepDraft(draft: Draft): Promise<void> {
  return keep('register', isUntouched(draft) ? undefined : draft)
}

/** Forgets it: the parcel is registered. */
export function dropDraft(): void {
  void keep('register', undefined)
}
