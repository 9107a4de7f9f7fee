/** Checks a whole recording against docs/log-format.cddl. Any test that has a real log can use it. */
import { readFileSync } from 'node:fs';
import { zstd } from '../../src/host/zstd.ts';
import { decode } from '../../src/logformat/cbor.ts';
import { SELF_DESCRIBED } from '../../src/logformat/frame.ts';
import { LogReader } from '../../src/logformat/reader.ts';
import { parseCddl, Tagged } from './cddl.ts';
import { sourceOf } from './support.ts';

const PAYLOAD_RULES: { readonly [kind: string]: string } = {
  checkpoint: 'checkpoint-payload',
  image: 'image-payload',
  index: 'index-payload',
  end: 'end-payload',
};

/** What does not agree, frame by frame; empty when all does. */
export function schemaErrors(log: Uint8Array): string[] {
  const rules = parseCddl(readFileSync(new URL('../../docs/log-format.cddl', import.meta.url), 'utf8'));
  const reader = new LogReader(sourceOf(log), zstd);
  const errors: (string | undefined)[] = [];
  for (const { frame } of reader.frames()) {
    const path = `frame ${frame.sequence} (${frame.kind})`;
    const tagged = frame.kind === 'header';
    const item = decode(tagged ? frame.bytes.slice(SELF_DESCRIBED.length) : frame.bytes);
    errors.push(rules.get('item')!(tagged ? new Tagged(55799, item) : item, path));
    const rule = PAYLOAD_RULES[frame.kind];
    if (rule !== undefined) errors.push(rules.get(rule)!(decode(reader.payloadOf(frame)), path));
  }
  return errors.filter((error) => error !== undefined);
}
