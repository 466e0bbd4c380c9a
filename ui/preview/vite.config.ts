import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Screens with invented data in an ordinary browser, to be looked at and photographed. Never part of the product's build.
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('../src', import.meta.url)) } },
  server: { host: '127.0.0.1', port: Number(process.env.PREVIEW_PORT ?? 1430), fs: { allow: ['..'] } },
  cacheDir: fileURLToPath(new URL('../node_modules/.vite-preview', import.meta.url)),
})
