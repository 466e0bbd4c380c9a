import { createRoot } from 'react-dom/client'
import { mockCore } from './core'
import { freezeClock, world } from './world'

localStorage.setItem('postoffice.preferences', JSON.stringify({ language: world.lang, theme: world.theme }))
freezeClock()
mockCore()
const root = document.getElementById('root')
// Loaded after the clock stands still and the core is in place.
const { App } = await import('@/app/App')
if (root) createRoot(root).render(<App />)
const { play } = await import('./play')
await play()
