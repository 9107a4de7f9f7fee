/**
 * Runs chunks on this machine and prints how they compare with the committed answers. From the repository root:
 *
 *     node test/conformance/programs/check.ts [--reference|--translator] [--batch=REGEXP] [--stride=N] [--offset=N]
 *       [CHUNK...]
 */
import { parseArgs } from 'node:util';
import type { EngineFactory } from '../../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../../../src/emu/cpu/reference/engine.ts';
import { CHUNKS } from './chunks/index.ts';
import { checkChunk } from './run-chunk.ts';
import { translating } from './translating.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    reference: { type: 'boolean', default: false },
    translator: { type: 'boolean', default: false },
    batch: { type: 'string', default: '.' },
    stride: { type: 'string', default: '1' },
    offset: { type: 'string', default: '0' },
  },
});
function engineOf(): EngineFactory {
  if (values.translator) return translating().engine;
  return values.reference ? createReference : createInterpreter;
}
const engine = engineOf();
const selection = { name: new RegExp(values.batch), stride: Number(values.stride), offset: Number(values.offset) };

for (const chunk of positionals.length > 0 ? positionals : Object.keys(CHUNKS)) {
  const started = performance.now();
  const { cases, differing, masked, lines, failure, ticks } = checkChunk(chunk, engine, selection);
  const seconds = (performance.now() - started) / 1000;
  for (const line of lines) console.log(line);
  if (failure !== '') console.log(`${chunk}: ${failure}`);
  const speed = `${(ticks / 1e6).toFixed(1)} M steps, ${seconds.toFixed(1)} s`;
  console.log(`${chunk}: ${cases} cases, ${differing} differ, ${masked} known deviations; ${speed}`);
}
