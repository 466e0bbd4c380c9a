/** What can take the focus, in the order of Tab. */
const FOCUSABLE = 'a[href], button, input, select, textarea, [tabindex]'

type TextField = HTMLInputElement | HTMLTextAreaElement

function isTextField(element: Element | null): element is TextField {
  if (element instanceof HTMLTextAreaElement) return true
  return (
    element instanceof HTMLInputElement &&
    !['button', 'checkbox', 'radio', 'submit', 'file', 'range', 'color'].includes(element.type)
  )
}

/** Puts text where the caret is, or takes away what is marked or before it, as a key would have done. */
function write(field: TextField, text: string, inputType: string): void {
  if (field.readOnly || field.disabled) return
  const from = field.selectionStart ?? field.value.length
  const to = field.selectionEnd ?? field.value.length
  const begin = inputType === 'deleteContentBackward' && from === to ? Math.max(0, from - 1) : from
  const length = field.value.length - (to - begin) + text.length
  if (text && field.maxLength >= 0 && length > field.maxLength) return
  field.setRangeText(text, begin, to, 'end')
  field.dispatchEvent(new InputEvent('input', { bubbles: true, data: text || null, inputType }))
}

/** Moves the focus as Tab does; a dialog keeps it inside. */
function moveFocus(by: 1 | -1): void {
  const dialogs = document.querySelectorAll<HTMLElement>('[role="dialog"]')
  const around = [...dialogs].at(-1) ?? document.body
  const stops = [...around.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
    (element) =>
      element.tabIndex >= 0 && !element.matches(':disabled') && !element.closest('[hidden], [inert]'),
  )
  const at = stops.indexOf(document.activeElement as HTMLElement)
  const next = stops[(at + by + stops.length) % stops.length]
  next?.focus()
  if (isTextField(next ?? null)) (next as TextField).select()
}

/** What the window itself would have done with a key that nobody else took. */
function byItself(event: KeyboardEvent): void {
  const { activeElement: target } = document
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.code === 'Tab') moveFocus(event.shiftKey ? -1 : 1)
  else if (isTextField(target)) {
    if (event.key.length === 1) write(target, event.key, 'insertText')
    else if (event.code === 'Backspace') write(target, '', 'deleteContentBackward')
    else if (/^(Numpad)?Enter$/.test(event.code) && target instanceof HTMLTextAreaElement) {
      write(target, '\n', 'insertLineBreak')
    }
  } else if (/^(Space|(Numpad)?Enter)$/.test(event.code)) {
    target?.closest<HTMLElement>('button, a[href]')?.click()
  }
}

/** Lets a key that was held back happen now, to what has the focus now. `mark` is told the event before anybody hears it. */
export function playKey(held: KeyboardEvent, mark: (again: KeyboardEvent) => void): void {
  const { code, key, ctrlKey, metaKey, altKey, shiftKey, repeat } = held
  const again = new KeyboardEvent('keydown', {
    code,
    key,
    ctrlKey,
    metaKey,
    altKey,
    shiftKey,
    repeat,
    bubbles: true,
    cancelable: true,
  })
  mark(again)
  if ((document.activeElement ?? document.body).dispatchEvent(again)) byItself(again)
}
