import '@fontsource-variable/ibm-plex-sans/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import '@mantine/core/styles.layer.css'
import '@/theme/tokens.css'
import '@/theme/base.css'
import { RouterProvider } from 'react-router'
import { Providers } from './Providers'
import { router } from './router'

/** The whole window. */
export function App() {
  return (
    <Providers>
      {/* Not as a transition: in a busy office every change would put it off, and keys would go on reaching the screen before. */}
      <RouterProvider router={router} useTransitions={false} />
    </Providers>
  )
}
