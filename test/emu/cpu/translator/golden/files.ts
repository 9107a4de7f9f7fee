/** Where the golden regions lie, and the page that shows one. */

import { join } from 'node:path';

export const goldenFolder = import.meta.dirname;
export const goldenFile = (name: string): string => join(goldenFolder, `${name}.wat`);
export const enginePage = join(goldenFolder, '../../../../../docs/engine.md');
