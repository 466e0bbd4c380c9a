import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** The variables of a rule of tokens.css. */
function variables(css: string, selector: string): Map<string, string> {
  const body = css.split(`${selector} {`)[1]?.split('}')[0] ?? ''
  return new Map(
    [...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

const css = readFileSync('src/theme/tokens.css', 'utf8')
const themes = (['light', 'dark'] as const).map((theme) => ({
  theme,
  token: new Map([
    ...variables(css, ':root'),
    ...variables(css, `:root[data-mantine-color-scheme="${theme}"]`),
  ]),
}))

/** Relative luminance as WCAG 2 has it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const STATUSES = ['new', 'delivering', 'delivered', 'completed', 'canceled', 'problem', 'locked']
const PAPERS = ['bg', 'surface', 'sub', 'sel', 'hover']

/** What is written on what; at least 4.5. */
const TEXTS: [text: string, on: string[]][] = [
  ['text', [...PAPERS, 'change', 'hv-soft']],
  ['text-2', [...PAPERS, 'change', 'hv-soft']],
  ['text-3', PAPERS],
  ['hv-text', [...PAPERS, 'hv-soft']],
  ['hv-ink', ['hv', 'hv-hover']],
  ['btn-text', ['btn', 'btn-hover']],
  ['frame-text', ['frame', 'frame-2']],
  ['frame-dim', ['frame', 'frame-2']],
  ['dot-catching-up', ['frame']],
  ['dot-offline', ['frame']],
  ['badge-text', ['badge-bg']],
  ['pill-text', ['pill-bg']],
  ['pill-mark', ['pill-bg']],
  ['count-text', ['count-bg']],
  ['on-lock', ['locked']],
  ...STATUSES.map((status): [string, string[]] => [status, [`${status}-bg`, ...PAPERS, 'change']]),
]

/** Borders of fields and marks that say something; at least 3. */
const MARKS: [mark: string, on: string[]][] = [
  ['ctl', ['surface', 'bg']],
  ['focus', ['surface', 'bg', 'sel']],
  ['step-done-mark', ['step-done-bg']],
  ['dot-live', ['frame']],
]

const pairs = themes.flatMap(({ theme, token }) =>
  [...TEXTS.map((pair) => ({ pair, least: 4.5 })), ...MARKS.map((pair) => ({ pair, least: 3 }))].flatMap(
    ({ pair: [ink, papers], least }) =>
      papers.map((paper) => ({
        theme,
        ink,
        paper,
        least,
        is: contrast(token.get(ink) ?? '', token.get(paper) ?? ''),
      })),
  ),
)

it('everything that is written can be read in both themes: WCAG 2.2 AA', () => {
  const tooWeak = pairs
    .filter(({ is, least }) => !(is >= least))
    .map(({ theme, ink, paper, is }) => `${theme}: ${ink} on ${paper} is ${is.toFixed(2)}`)
  expect(tooWeak).toEqual([])
  expect(pairs.length).toBeGreaterThan(150)
})
