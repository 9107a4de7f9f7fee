/** Exits 0 when package.json has the script named by the first argument, else 1. */
import { readFileSync } from 'node:fs';

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
process.exitCode = Object.hasOwn(scripts, process.argv[2]) ? 0 : 1;
