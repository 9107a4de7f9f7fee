import { expect, test } from 'vitest';
import { cborErrors, circles, deadFiles, directionErrors, importsOf } from './imports.ts';

const tree = (files: Record<string, string>) => new Map(Object.entries(files));

test('every form of import is seen, and none in comments, strings or member calls', () => {
  const source = `
    import a, { b } from './a.ts';
    import type { C } from "./c.ts";
    import {
      d,
    } from './d.ts';
    export * from './e.ts';
    import './f.ts';
    const g = await import('./g.ts');
    new Worker(new URL('./h-worker.js', import.meta.url));
    // import x from './no.ts'
    /* import x from './no.ts' */
    const text = "import x from './no.ts'".length / 2; map.from('./no.ts'); const t = \`\${1} from './no.ts'\`;
  `;
  const seen = ['./a.ts', './c.ts', './d.ts', './e.ts', './f.ts', './g.ts', './h-worker.js'];
  expect(importsOf(source).sort()).toEqual(seen);
});

test.each([
  ['src/lib/a.ts', '../emu/b.ts'],
  ['src/emu/a.ts', '../session/b.ts'],
  ['src/emu/a.ts', '../logformat/b.ts'],
  ['src/logformat/a.ts', '../emu/b.ts'],
  ['src/session/a.ts', '../debug/b.ts'],
  ['src/session/a.ts', '../host/b.ts'],
  ['src/debug/a.ts', '../ft/b.ts'],
  ['src/ft/a.ts', '../emu/b.ts'],
  ['src/ft/a.ts', '../host/b.ts'],
  ['src/host/a.ts', '../cli/b.ts'],
  ['src/cli/a.ts', '../commands/b.ts'],
  ['src/lib/a.ts', '../b.ts'],
])('%s may not import %s', (path, specifier) => {
  const target = specifier.replace('..', 'src');
  const errors = directionErrors(tree({ [path]: `import { b } from '${specifier}';`, [target]: '' }));
  expect(errors).toHaveLength(1);
});

test.each([
  ['src/emu/a.ts', 'node:fs'],
  ['src/session/a.ts', 'cbor-x'],
  ['src/host/a.ts', 'chalk'],
  ['src/emu/a.ts', 'cbor-x/encode'],
  ['src/cli/a.ts', 'lodash'],
  ['src/cli/a.ts', './absent.ts'],
  ['src/misc/a.ts', './a.ts'],
])('%s may not import the package or file %s', (path, specifier) => {
  expect(directionErrors(tree({ [path]: `import '${specifier}';` }))).toHaveLength(1);
});

test('downward imports, packages in their place and worker entry points pass', () => {
  const sources = tree({
    'src/index.ts': "export * from './cli/a.ts';",
    'src/commands/log/info.ts': "import '../../cli/a.ts'; import '@oclif/core'; import 'node:fs';",
    'src/cli/a.ts': "import '../host/clock.ts'; import '../debug/t.ts'; import 'chalk';",
    'src/host/clock.ts': "import '../session/s.ts'; import 'node:os';",
    'src/host/guest-worker.ts': "import '../emu/m.ts'; import './clock.ts';",
    'src/debug/t.ts': "import '../session/s.ts';",
    'src/session/s.ts': "import '../emu/m.ts'; import '../logformat/f.ts';",
    'src/emu/m.ts': "import '../lib/l.ts'; import './n/o.js';",
    'src/emu/n/o.ts': "import '../../lib/l.ts';",
    'src/logformat/f.ts': "import 'cbor-x/decode';",
    'src/lib/l.ts': '',
  });
  expect(directionErrors(sources)).toEqual([]);
  expect(deadFiles(sources)).toEqual([]);
});

test('a second file that imports cbor-x is named', () => {
  const one = { 'src/lib/cbor.ts': "import { Encoder } from 'cbor-x';" };
  expect(cborErrors(tree(one))).toEqual([]);
  const two = { ...one, 'src/logformat/frame.ts': "import { Decoder } from 'cbor-x/decode';" };
  expect(cborErrors(tree(two))).toEqual([expect.stringContaining('src/lib/cbor.ts and src/logformat/frame.ts')]);
});

test('files that only dead files import are dead too; declarations are not counted', () => {
  const sources = tree({
    'src/commands/run.ts': "import '../lib/used.ts';",
    'src/lib/used.ts': '',
    'src/lib/unused.ts': "import './only-by-unused.ts';",
    'src/lib/only-by-unused.ts': '',
    'src/lib/ambient.d.ts': '',
  });
  expect(deadFiles(sources)).toEqual(['src/lib/unused.ts', 'src/lib/only-by-unused.ts']);
});

test('a circle of imports is told once, a thread that is started is none', () => {
  const sources = tree({
    'src/lib/a.ts': "import { b } from './b.ts';",
    'src/lib/b.ts': "import type { C } from './c.ts';",
    'src/lib/c.ts': "import { b } from './b.ts'; import { d } from './d.ts';",
    'src/lib/d.ts': '',
    'src/host/one.ts': "new Worker(new URL('./one-worker.ts', import.meta.url));",
    'src/host/one-worker.ts': "import { one } from './one.ts';",
  });
  expect(circles(sources)).toEqual(['src/lib/b.ts -> src/lib/c.ts -> src/lib/b.ts']);
});
