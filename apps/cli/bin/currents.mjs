#!/usr/bin/env node
// Plain JavaScript, because npm links a program only if its file exists, and it installs before anything is built.
import { existsSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(fileURLToPath(main))) await import(main.href);
else {
  console.error('currents: the programs are not built; run npm run build first');
  process.exitCode = 2;
}
