/** Temporary files without a name: gone with the process, however that ends. */

import { randomBytes } from 'node:crypto';
import { openSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Open for reading and writing, and empty. */
export function namelessFile(): number {
  const path = join(tmpdir(), `lockstep-${randomBytes(8).toString('hex')}.tmp`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return fd;
}
