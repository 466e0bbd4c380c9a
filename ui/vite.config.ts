import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [react()],
  // The window loads the files from inside the binary, so every address is relative.
  base: './',
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { host: '127.0.0.1', port: 1420, strictPort: true },
  clearScreen: false,
  build: {
    outDir: 'dist',
    target: ['es2022', 'safari16', 'chrome109'],
    // The content security policy forbids data: addresses for fonts and scripts.
    assetsInlineLimit: 0,
    // One file, read from inside the binary: nothing is gained by cutting it up.
    chunkSizeWarningLimit: 1500,
  },
  test: {
    environment: 'jsdom',
    globals: true,
    setupFiles: ['src/test-setup.ts'],
    css: false,
    include: ['src/**/*.test.{ts,tsx}'],
    // Reached only when a test fails, also on a machine that builds meanwhile.
    testTimeout: 30_000,
  },
})
