/**
 * V8 heeds the branch hints of compiled code (WebAssembly "branch hinting", custom section metadata.code.branch_hint)
 * by itself in later versions, and when asked to up to this one. It changes the speed of code and nothing else.
 * Imported before any module is compiled; the flag is the process's.
 */

import { setFlagsFromString } from 'node:v8';

/** Major version of the last V8 that has to be asked. */
const LAST_TO_ASK = 13;

if (Number.parseInt(process.versions.v8, 10) <= LAST_TO_ASK) setFlagsFromString('--experimental-wasm-branch-hinting');
