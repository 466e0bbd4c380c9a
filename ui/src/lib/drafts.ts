import type { DraftName } from '@/protocol/protocol'
import { core } from './platform'
import { createStore, type Store, useStore } from './store'

/** What one employee has typed here and not given yet, as JSON. */
export interface Drafts {
  employee: string
  texts: ReadonlyMap<DraftName, string>
  /** Where the core has put what it could not read, until the employee has seen that. */
  damaged: ReadonlyMap<DraftName, string>
}

/**
 * The drafts of who is signed in; nothing until the core has told them. The core keeps them: what the page itself could keep reaches the
 * disk too late for a window that is killed.
 */
export const drafts: Store<Drafts | undefined> = createStore<Drafts | undefined>(undefined)

/** Loads what an employee left at this desktop. Nobody else's draft is shown to whoever signs in next. */
export async function loadDrafts(employee: string): Promise<void> {
  if (drafts.get()?.employee === employee) return
  drafts.set(undefined)
  // Without its drafts a window works as well; what is typed from now on is kept.
  const kept = await core.drafts().catch(() => [])
  const texts = new Map<DraftName, string>()
  const damaged = new Map<DraftName, string>()
  for (const draft of kept) {
    if (draft.is === 'text') texts.set(draft.name, draft.text)
    else damaged.set(draft.name, draft.file)
  }
  drafts.set({ employee, texts, damaged })
}

/** A draft as it was left; `fallback` when there is none that can be read. */
export function readDraft<T>(name: DraftName, fallback: T): T {
  return parsed(drafts.get()?.texts.get(name), fallback)
}

/** A draft as text, for those who draw it. */
export function useDraftText(name: DraftName): string | undefined {
  return useStore(drafts, (now) => now?.texts.get(name))
}

/** Where the core has put a draft that it could not read; nothing: it could, or the employee has seen it. */
export function useDamagedDraft(name: DraftName): string | undefined {
  return useStore(drafts, (now) => now?.damaged.get(name))
}

/** The employee knows that a draft is lost. */
export function damageSeen(name: DraftName): void {
  const before = drafts.get()
  if (!before) return
  const damaged = new Map(before.damaged)
  damaged.delete(name)
  drafts.set({ ...before, damaged })
}

/** What a draft's text says. */
export function parsed<T>(text: string | undefined, fallback: T): T {
  try {
    return (JSON.parse(text ?? 'null') as T | null) ?? fallback
  } catch {
    // Of another version of the window: what it held can be typed again.
    return fallback
  }
}

/** Keeps a draft, or drops it (`undefined`). Resolves when the core has it on the disk, or has told every window why not. */
export async function keepDraft(name: DraftName, value: unknown): Promise<void> {
  const text = value === undefined ? undefined : JSON.stringify(value)
  const before = drafts.get()
  if (before?.texts.get(name) === text) return
  const texts = new Map(before?.texts)
  if (text === undefined) texts.delete(name)
  else texts.set(name, text)
  drafts.set({ employee: before?.employee ?? '', texts, damaged: before?.damaged ?? new Map() })
  await core.keepDraft(name, text).catch(() => undefined)
}
