/**
 * Preloaded on a thread that hunts for a defect in the sources themselves: the text of one file is changed as it is
 * read. The thread's `workerData` says which.
 */

import { registerHooks } from 'node:module';
import { workerData } from 'node:worker_threads';
import type { SourceMutant } from './source.ts';

const { file, from, to } = workerData as SourceMutant;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(file)) return loaded;
    const text = String(loaded.source instanceof Uint8Array ? new TextDecoder().decode(loaded.source) : loaded.source);
    if (text.split(from).length !== 2) throw new Error(`${file} does not hold exactly one: ${from}`);
    return { ...loaded, source: text.replace(from, () => to) };
  },
});
