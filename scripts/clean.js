/** Removes what the build writes (dist, the command manifest), so that no stale file is ever run or packed. */
import { rmSync } from 'node:fs';

for (const path of ['../dist', '../oclif.manifest.json']) {
  rmSync(new URL(path, import.meta.url), { recursive: true, force: true });
}
