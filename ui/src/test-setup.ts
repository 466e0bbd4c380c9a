import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

// jsdom has neither; Mantine asks for both while it mounts.
window.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener() {},
    removeEventListener() {},
  }) as unknown as MediaQueryList
window.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
}

// `findBy…` waits until something is there; a busy machine takes longer than the library's second.
configure({ asyncUtilTimeout: 10_000 })

afterEach(() => cleanup())
