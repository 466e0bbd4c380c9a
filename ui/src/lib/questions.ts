import type { LockAsk } from '@/protocol/protocol'
import { core } from './platform'
import { createStore, type Store } from './store'

/** The question of a colleague who wants a lock of ours. */
export interface Question {
  ask: LockAsk
  /** By this desktop's clock. */
  endsAt: number
  /** The clerk has worked in the editor since it came: silence keeps. */
  active: boolean
}

/** Questions that wait for an answer, by TTN. The core keeps the deadline and answers when nobody does. */
export const questions: Store<ReadonlyMap<string, Question>> = createStore<ReadonlyMap<string, Question>>(
  new Map(),
)

/** A question came, or (without `ask`) is over. */
export function takeQuestion(ttn: string, ask: LockAsk | undefined, now: number): void {
  questions.set((before) => {
    if (!ask && !before.has(ttn)) return before
    const after = new Map(before)
    if (ask) after.set(ttn, { ask, endsAt: now + ask.answer_within_ms, active: false })
    else after.delete(ttn)
    return after
  })
}

/** The clerk works in the editor while a question about it waits. */
export function noteActivity(ttn: string): void {
  if (!questions.get().has(ttn)) return
  questions.set((before) => {
    const question = before.get(ttn)
    return question && !question.active ? new Map(before).set(ttn, { ...question, active: true }) : before
  })
  // The core is in this very process; if it does not hear this, it hears nothing.
  void core.noteActivity(ttn)
}
