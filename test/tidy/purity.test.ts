import { expect, test } from 'vitest';
import { impureUses, purityErrors } from './purity.ts';
import { strip } from './strip.ts';

test.each([
  ['const t = Date.now();', 'Date'],
  ['const t = new Date();', 'Date'],
  ['return Math.random();', 'Math.random'],
  ["return Math['random']();", 'Math.random'],
  ['Buffer.from(bytes)', 'Buffer'],
  ['const { env } = process;', 'process'],
  ['setTimeout(tick, 1);', 'setTimeout'],
  ['void fetch(url);', 'fetch'],
  ['fetch(url);', 'fetch'],
  ['const x = `${performance.now()} ms`;', 'performance'],
  ['const x = { clock: Date };', 'Date'],
  ['crypto.getRandomValues(a);', 'crypto'],
  ["globalThis['Da' + 'te'].now();", 'globalThis'],
])('%s is caught', (source, name) => {
  expect(impureUses(source)).toEqual([name]);
});

test.each([
  '/** Never reads Date.now() or process.env. */ // Math.random() neither',
  "const message = 'Date, Buffer and process';",
  'const text = `Date ${"Buffer"} process`;',
  'const word = this.fetch(pc) + ports.process(x) + a.Date;',
  'class Hart {\n  fetch(pc: number): number {\n    return this.fetch(pc);\n  }\n}',
  'interface Bus {\n  fetch(address: number): number;\n}',
  'function fetch(pc: number): number {\n  return pc;\n}\nfetch(4);',
  "import { fetch } from './fetch.ts';\nfetch(4);",
  'const options = { process: 1, crypto: 2 };',
  'const pattern = /Date|process/.test(name);',
  'const updateDate = 1, DateTime = 2, $process = 3;',
])('%s passes', (source) => {
  expect(impureUses(source)).toEqual([]);
});

test('only the pure folders are held to it', () => {
  const source = 'Date.now();';
  const paths = ['emu/a', 'logformat/a', 'session/a', 'debug/a', 'ft/a', 'lib/a', 'host/a', 'cli/a', 'commands/a'];
  const errors = purityErrors(new Map(paths.map((path) => [`src/${path}.ts`, source])));
  expect(errors.map((error) => error.split(':')[0])).toEqual(paths.slice(0, 6).map((path) => `src/${path}.ts`));
});

test('stripping keeps every line and column', () => {
  const source = 'a /* x\ny */ + b; // z\nc = `p${`q${"r"}s` + /[/]"/.source}t` / 2 + \'\\\'\' / 3;\n';
  const { code, withStrings } = strip(source);
  expect(code).toBe('a     \n     + b;     \nc = ` ${` ${" "} ` + /    /.source} ` / 2 + \'  \' / 3;\n');
  expect(withStrings).toHaveLength(source.length);
  expect(withStrings).toContain('"r"');
});
