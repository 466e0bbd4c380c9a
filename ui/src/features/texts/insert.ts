/** A text with something put in where the caret is, over what is marked; and where the caret stands afterwards. */
export function putIn(text: string, from: number, to: number, what: string): { text: string; caret: number } {
  const before = text.slice(0, from)
  const after = text.slice(to)
  // Words do not stick together.
  const left = before && !/\s$/.test(before) ? ' ' : ''
  const right = after && !/^[\s.,:;!?)]/.test(after) ? ' ' : ''
  return { text: `${before}${left}${what}${right}${after}`, caret: before.length + left.length + what.length }
}
