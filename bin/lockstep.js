#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'

// Garbage is collected early instead of piling up: the peak at 200,000 documents is 1.07 times that at 20,000, and was
// 1.55 times without it (bench/memory.ts).
setFlagsFromString('--heap-growing-percent=20')
const { main } = await import('../dist/main.js')

process.exitCode = await main(process.argv.slice(2))
