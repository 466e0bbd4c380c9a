#!/usr/bin/env node
// Photographs a preview page in headless Chromium.
//   node preview/shoot.mjs '/?lang=uk&theme=dark#/orders' out.png [1366x768] [wait-ms]
// The server: npm run preview:screens (port 1430, or PREVIEW_PORT).
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [page = '/', file = 'shot.png', size = '1366x768', wait = '2500'] = process.argv.slice(2)
const port = process.env.PREVIEW_PORT ?? '1430'
const profile = mkdtempSync(join(tmpdir(), 'postoffice-shot-'))
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  `--user-data-dir=${profile}`,
  `--window-size=${size.replace('x', ',')}`,
  `--virtual-time-budget=${wait}`,
  `--screenshot=${file}`,
]
const chromium = spawn(process.env.CHROMIUM ?? 'chromium', [...flags, `http://127.0.0.1:${port}${page}`], {
  stdio: 'ignore',
})
chromium.on('exit', (code) => {
  rmSync(profile, { recursive: true, force: true })
  process.exitCode = code ?? 1
})
