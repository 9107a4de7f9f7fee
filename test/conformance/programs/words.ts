/** The 32-bit words that the chunks run: code, and what inputs put into it. */
import { CHUNKS } from './chunks/index.ts';
import { CODE } from './layout.ts';

export function runWords(): number[] {
  const words = new Set<number>();
  for (const make of Object.values(CHUNKS)) {
    for (const { code, inputs, tuples } of make()) {
      for (const word of code) words.add(word);
      const patched = inputs.flatMap(({ selector }, i) =>
        selector >= CODE && selector <= CODE + 4 * code.length + 1 ? [i] : [],
      );
      for (const tuple of tuples) for (const i of patched) words.add(Number(tuple[i] ?? 0n));
    }
  }
  return [...words];
}
