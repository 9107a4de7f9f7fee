/**
 * Before each file of tests: a state folder of its own. What another file, an earlier run or the user left in theirs
 * decides nothing, and theirs stays as it is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-state-'));
process.env.XDG_STATE_HOME = folder;
afterAll(() => rmSync(folder, { recursive: true, force: true }));
