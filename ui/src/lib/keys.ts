import { useLayoutEffect, useRef } from 'react'

/**
 * A combination as `event.code` names it, so that the Ukrainian layout changes nothing: `F2`, `Escape`, `Ctrl+Enter`,
 * `Ctrl+KeyD`, `Alt+Digit1`, `Ctrl+Shift+KeyP`. The number pad's Enter counts as Enter.
 */
export type Combination = string

/** What a key does. Return `false` to let the key go on to whoever is next. */
export type KeyAction = (event: KeyboardEvent) => unknown

/** Combinations of one screen and what they do. */
export type KeyBindings = Readonly<Record<Combination, KeyAction | undefined>>

/**
 * Who hears a key first. An `overlay` (dialog, drawer, palette) hears it alone: nothing below it works meanwhile, so that no
 * shortcut leaves a form behind an open question. A `notice` goes before the screen, not before an overlay. A colleague's
 * question is `urgent`: it hears its own keys before anything else and leaves all others alone. Within a layer the latest comer
 * is first.
 */
export type KeyLayer = 'frame' | 'screen' | 'notice' | 'overlay' | 'urgent'

interface Scope {
  layer: KeyLayer
  bindings: () => KeyBindings
}

const RANK: Record<KeyLayer, number> = { frame: 0, screen: 1, notice: 2, overlay: 3, urgent: 4 }
const scopes: Scope[] = []

/** The combination of an event, in the writing of [`Combination`]. */
export function combinationOf(event: KeyboardEvent): Combination {
  const code = event.code === 'NumpadEnter' ? 'Enter' : event.code
  // ⌘ stands for Ctrl where there is one.
  const ctrl = event.ctrlKey || event.metaKey ? 'Ctrl+' : ''
  return `${ctrl}${event.altKey ? 'Alt+' : ''}${event.shiftKey ? 'Shift+' : ''}${code}`
}

/** The combination as it stands on a key hint: `Ctrl+KeyD` is `Ctrl+D`, `Escape` is `Esc`. */
export function keyLabel(combination: Combination): string {
  return combination
    .replace(/Key([A-Z])$/, '$1')
    .replace(/Digit(\d)$/, '$1')
    .replace('Escape', 'Esc')
    .replace('Delete', 'Del')
    .replace('ArrowUp', '↑')
    .replace('ArrowDown', '↓')
}

const EDITING = new Set(['KeyA', 'KeyC', 'KeyV', 'KeyX', 'KeyY', 'KeyZ'])

function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true
  return (
    target instanceof HTMLInputElement && !['button', 'checkbox', 'radio', 'submit'].includes(target.type)
  )
}

function isPressable(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('button, a[href], [role="menuitem"], [role="option"]') !== null
  )
}

/** Keys that belong to the element in focus before they belong to a screen. */
function belongsToTarget(event: KeyboardEvent, combination: Combination): boolean {
  const bare = !event.ctrlKey && !event.metaKey && !event.altKey
  if (isTextField(event.target)) {
    if (bare) return !/^(Shift\+)?(F\d+|Escape|Enter)$/.test(combination)
    return EDITING.has(event.code)
  }
  if (event.target instanceof HTMLInputElement && event.target.type === 'radio')
    return /^Arrow/.test(event.code)
  // Enter and Space press the button that has the focus.
  return bare && isPressable(event.target) && (combination === 'Enter' || combination === 'Space')
}

function hear(event: KeyboardEvent): void {
  if (event.isComposing || event.defaultPrevented) return
  const combination = combinationOf(event)
  if (belongsToTarget(event, combination)) return
  const inOrder = scopes
    .map((scope, index) => ({ scope, index }))
    .sort((a, b) => RANK[b.scope.layer] - RANK[a.scope.layer] || b.index - a.index)
  const urgent = inOrder.filter(({ scope }) => scope.layer === 'urgent')
  const others = inOrder.slice(urgent.length)
  // Of several overlays only the latest hears.
  const listening = others[0]?.scope.layer === 'overlay' ? others.slice(0, 1) : others
  for (const { scope } of [...urgent, ...listening]) {
    const action = scope.bindings()[combination]
    if (!action) continue
    // A key that is held down must not register a second parcel.
    if (event.repeat && !/^Arrow|^Page/.test(event.code)) {
      event.preventDefault()
      return
    }
    if (action(event) === false) continue
    event.preventDefault()
    return
  }
  // The web view's own search, reload and help have no place in this window.
  if (/^F([1-9]|1[0-2])$/.test(event.code)) event.preventDefault()
}

/** Adds a scope until the returned function is called. For React use [`useKeys`]. */
export function listenToKeys(layer: KeyLayer, bindings: () => KeyBindings): () => void {
  const scope: Scope = { layer, bindings }
  if (scopes.length === 0) window.addEventListener('keydown', hear)
  scopes.push(scope)
  return () => {
    scopes.splice(scopes.indexOf(scope), 1)
    if (scopes.length === 0) window.removeEventListener('keydown', hear)
  }
}

/**
 * Keys of a component while it is mounted (and `enabled`). `bindings` may change with every drawing. They change together with
 * what is drawn, not some time after: a clerk who presses a key because of what the screen shows must not reach what was there
 * before.
 */
export function useKeys(layer: KeyLayer, bindings: KeyBindings, enabled = true): void {
  const current = useRef(bindings)
  useLayoutEffect(() => {
    current.current = bindings
  })
  useLayoutEffect(() => {
    if (!enabled) return
    return listenToKeys(layer, () => current.current)
  }, [layer, enabled])
}
