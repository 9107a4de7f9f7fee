/** gdb's machine interface: what gdb prints is read as it means it, and anything else does no harm. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MiRecord, type MiValue, parseMi } from '../../../src/debug/dap/mi/parse.ts';
import { MiError, MiSession } from '../../../src/debug/dap/mi/session.ts';
import { listIn, numberIn, quoted, textIn, tupleIn } from '../../../src/debug/dap/mi/values.ts';
import { newSeed } from '../timeline/support.ts';

const seed = newSeed();
const again = `LOCKSTEP_SEED=${seed}`;
const RUNS = 200;

/** As gdb writes values. */
function written(value: MiValue): string {
  if (typeof value === 'string') return cString(value);
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  return `{${Object.entries(value)
    .map(([name, part]) => `${name}=${written(part)}`)
    .join(',')}}`;
}

/** Everything but plain ASCII as octal bytes of UTF-8. */
function cString(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  const letters = bytes.map((byte) => {
    const letter = String.fromCharCode(byte);
    if (letter === '\n') return '\\n';
    if (letter === '"' || letter === '\\') return `\\${letter}`;
    return byte >= 0x20 && byte < 0x7f ? letter : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${letters.join('')}"`;
}

const names = fc.stringMatching(/^[a-z][a-z_-]{0,8}$/);
const { value: values } = fc.letrec<{ value: MiValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 4 }),
  ),
}));

test('a stop as gdb tells it', () => {
  const line =
    '*stopped,reason="breakpoint-hit",disp="keep",bkptno="2",frame={addr="0x0000000080000724",func="count_one",' +
    'args=[{name="seed",value="<optimized out>"}],line="24"},thread-id="1",stopped-threads="all"';
  const record = parseMi(line) as MiRecord & { kind: 'exec' };
  expect(record).toMatchObject({ kind: 'exec', token: undefined, class: 'stopped' });
  const frame = tupleIn(record.results.frame);
  expect(numberIn(frame.addr)).toBe(0x80000724n);
  expect(textIn(tupleIn(listIn(frame.args)[0]).value)).toBe('<optimized out>');
  expect(numberIn(frame.line)).toBe(24n);
});

test('a list of named results keeps the values; text has its escapes; the prompt is one', () => {
  const stack = parseMi('3^done,stack=[frame={level="0"},frame={level="1"}]') as MiRecord & { kind: 'result' };
  expect(stack.token).toBe(3);
  expect(listIn(stack.results.stack).map((frame) => tupleIn(frame).level)).toEqual(['0', '1']);
  expect(parseMi('~"a\\tb\\n\\"q\\" \\303\\244\\\\"')).toEqual({ kind: 'console', text: 'a\tb\n"q" ä\\' });
  expect(parseMi('@"tick 5\\n"')).toEqual({ kind: 'target', text: 'tick 5\n' });
  expect(parseMi('(gdb) ')).toEqual({ kind: 'prompt' });
});

test.each([
  ['what a program wrote', 'a program wrote this'],
  ['a comma too many', '^done,'],
  ['a name without a value', '^done,a'],
  ['a string without an end', '^done,a="'],
  ['a tuple without an end', '^done,a={b="1"'],
  ['a list closed as a tuple', '^done,a=[}'],
  ['text without an end', '~"cut'],
  ['an escape without a letter', '*stopped,x="\\'],
  ['lists in lists in lists', `^done,a=${'['.repeat(100_000)}`],
])('%s is text of somebody else', (_, line) => {
  expect(parseMi(line)).toEqual({ kind: 'other', text: line });
});

test(`every value comes back as it was written (${again})`, () => {
  fc.assert(
    fc.property(fc.dictionary(names, values, { maxKeys: 4 }), fc.nat(1e9), (results, token) => {
      const fields = Object.entries(results).map(([name, value]) => `,${name}=${written(value)}`);
      const record = parseMi(`${token}^done${fields.join('')}`);
      expect(JSON.parse(JSON.stringify(record))).toEqual({ kind: 'result', token, class: 'done', results });
    }),
    { seed, numRuns: RUNS },
  );
});

test(`no line is too strange, whole or cut (${again})`, () => {
  const strange = fc.oneof(
    fc.string({ unit: 'binary-ascii' }),
    fc.stringMatching(/^[0-9]{0,3}[\^*=+~@&][a-z",={}[\]\\0-7]{0,40}$/),
    fc
      .tuple(fc.dictionary(names, values, { maxKeys: 3 }), fc.nat(200))
      .map(([results, cut]) => written(results).slice(0, cut)),
  );
  fc.assert(
    fc.property(strange, (line) => {
      const record = parseMi(line);
      if (record.kind === 'other') expect(record.text).toBe(line);
    }),
    { seed, numRuns: 2 * RUNS },
  );
});

test(`a parameter in quotes is one C string (${again})`, () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(parseMi(`~${quoted(text)}`)).toEqual({ kind: 'console', text });
    }),
    { seed, numRuns: RUNS },
  );
});

test('answers find their commands in any order, however they are cut; a refusal rejects with its reason', async () => {
  const lines: string[] = [];
  const told: MiRecord[] = [];
  const mi = new MiSession({ write: (line) => lines.push(line), told: (record) => told.push(record) });
  const first = mi.command('-one');
  const second = mi.command('-two\n-three');
  expect(lines).toEqual(['1-one\n', '2-two -three\n']);
  const text = '2^done,a="2"\r\n*running,thread-id="all"\n1^error,msg="no \\"one\\""\n7^done\n(gdb) \n';
  for (const letter of text) mi.receive(letter);
  await expect(second).resolves.toEqual({ a: '2' });
  await expect(first).rejects.toEqual(new MiError('no "one"'));
  expect(told.map(({ kind }) => kind)).toEqual(['exec', 'prompt']);
  const never = mi.command('-four');
  mi.close('gone');
  await expect(never).rejects.toThrow('gone');
  await expect(mi.command('-five')).rejects.toThrow('gone');
});

test('what gdb prints for a line of the console belongs to it', async () => {
  const told: MiRecord[] = [];
  const mi = new MiSession({ write: () => {}, told: (record) => told.push(record) });
  const said = mi.console('p 1');
  mi.receive('~"$1 = 1\\n"\n=notice\n1^done\n~"later\\n"\n');
  expect(await said).toBe('$1 = 1\n');
  expect(told.map(({ kind }) => kind)).toEqual(['notify', 'console']);
});
