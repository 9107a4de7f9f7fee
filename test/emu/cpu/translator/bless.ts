/**
 * Writes the golden regions anew, and the loop in docs/engine.md: after emission has changed, and the difference has
 * been looked at.
 *
 *     node test/emu/cpu/translator/bless.ts
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { enginePage, goldenFile, goldenFolder } from './golden/files.ts';
import { withLoop } from './golden/page.ts';
import { canRender, goldenPrograms } from './golden/programs.ts';
import { render } from './golden/render.ts';

mkdirSync(goldenFolder, { recursive: true });
const names = new Set(goldenPrograms.map(({ name }) => `${name}.wat`));
for (const file of readdirSync(goldenFolder)) {
  if (file.endsWith('.wat') && !names.has(file)) rmSync(goldenFile(file.replace(/\.wat$/, '')));
}
for (const program of goldenPrograms) {
  if (canRender(program)) writeFileSync(goldenFile(program.name), render(program));
  else console.log(`${program.name} is left as it is: this host does not emit it so`);
}
writeFileSync(enginePage, withLoop(readFileSync(enginePage, 'utf8'), readFileSync(goldenFile('sum'), 'utf8')));
