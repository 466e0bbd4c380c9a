import { afterEach, describe, expect, it, vi } from 'vitest'
import { combinationOf, type KeyBindings, type KeyLayer, keyLabel, listenToKeys } from './keys'

const stops: (() => void)[] = []
const listen = (layer: KeyLayer, bindings: KeyBindings) => {
  const stop = listenToKeys(layer, () => bindings)
  stops.push(stop)
  return stop
}
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  document.body.replaceChildren()
})

function press(code: string, more: KeyboardEventInit = {}, target: EventTarget = document.body) {
  const event = new KeyboardEvent('keydown', { code, bubbles: true, cancelable: true, ...more })
  target.dispatchEvent(event)
  return event
}

function add<K extends keyof HTMLElementTagNameMap>(tag: K): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  document.body.append(element)
  return element
}

describe('combinations', () => {
  it('are named by place on the keyboard, so that the Ukrainian layout changes nothing', () => {
    expect(combinationOf(new KeyboardEvent('keydown', { code: 'KeyD', key: 'в', ctrlKey: true }))).toBe(
      'Ctrl+KeyD',
    )
    expect(combinationOf(new KeyboardEvent('keydown', { code: 'NumpadEnter', ctrlKey: true }))).toBe(
      'Ctrl+Enter',
    )
  })

  it('are shown as they stand on the keys', () => {
    expect(['Ctrl+KeyD', 'Alt+Digit1', 'Escape', 'Delete', 'F6'].map(keyLabel)).toEqual([
      'Ctrl+D',
      'Alt+1',
      'Esc',
      'Del',
      'F6',
    ])
  })
})

describe('layers', () => {
  it('let an urgent question hear its own keys over a drawer, and the drawer all others', () => {
    const heard: string[] = []
    listen('screen', { F6: () => heard.push('screen'), Escape: () => heard.push('screen') })
    listen('overlay', { F6: () => heard.push('drawer'), Escape: () => heard.push('drawer') })
    listen('urgent', { F6: () => heard.push('question') })
    press('F6')
    press('Escape')
    expect(heard).toEqual(['question', 'drawer'])
  })

  it('let a notice go before the screen, but not over a dialog', () => {
    const heard: string[] = []
    listen('screen', { F6: () => heard.push('screen') })
    listen('notice', { F6: () => heard.push('notice') })
    press('F6')
    listen('overlay', {})
    press('F6')
    expect(heard).toEqual(['notice'])
  })

  it('let a screen go before the frame, and the frame hear what the screen leaves', () => {
    const heard: string[] = []
    listen('screen', { F3: () => heard.push('search') })
    listen('frame', { F3: () => heard.push('orders'), F2: () => heard.push('register') })
    press('F3')
    press('F2')
    expect(heard).toEqual(['search', 'register'])
  })

  it('let an open dialog hear alone, and the one on top of it alone again', () => {
    const save = vi.fn()
    const first = vi.fn()
    const second = vi.fn()
    listen('screen', { F2: save })
    listen('overlay', { Escape: first })
    const close = listen('overlay', { Escape: second })
    press('F2')
    press('Escape')
    close()
    press('Escape')
    expect(save).not.toHaveBeenCalled()
    expect(second).toHaveBeenCalledTimes(1)
    expect(first).toHaveBeenCalledTimes(1)
  })

  it('pass a key on when its action says false', () => {
    const frame = vi.fn()
    listen('frame', { Escape: frame })
    listen('screen', { Escape: () => false })
    press('Escape')
    expect(frame).toHaveBeenCalled()
  })
})

describe('fields and buttons', () => {
  it('keep the keys they need; function keys and Ctrl+Enter reach the screen', () => {
    const heard: string[] = []
    const note = (name: string) => () => heard.push(name)
    listen('screen', {
      Home: note('Home'),
      Delete: note('Delete'),
      'Ctrl+KeyC': note('copy'),
      F6: note('F6'),
      'Ctrl+Enter': note('save'),
      'Ctrl+KeyD': note('repeat'),
    })
    const input = add('input')
    press('Home', {}, input)
    press('Delete', {}, input)
    press('KeyC', { ctrlKey: true }, input)
    press('F6', {}, input)
    press('Enter', { ctrlKey: true }, input)
    press('KeyD', { ctrlKey: true }, input)
    expect(heard).toEqual(['F6', 'save', 'repeat'])
  })

  it('let Enter press the button in focus', () => {
    const open = vi.fn()
    listen('screen', { Enter: open })
    press('Enter', {}, add('button'))
    expect(open).not.toHaveBeenCalled()
    press('Enter')
    expect(open).toHaveBeenCalledTimes(1)
  })
})

it('a key held down registers one parcel, but walks through the list', () => {
  const save = vi.fn()
  const down = vi.fn()
  listen('screen', { 'Ctrl+Enter': save, ArrowDown: down })
  press('Enter', { ctrlKey: true })
  press('Enter', { ctrlKey: true, repeat: true })
  press('ArrowDown')
  press('ArrowDown', { repeat: true })
  expect(save).toHaveBeenCalledTimes(1)
  expect(down).toHaveBeenCalledTimes(2)
})

it("the web view's own search never opens", () => {
  listen('frame', {})
  expect(press('F3').defaultPrevented).toBe(true)
})
