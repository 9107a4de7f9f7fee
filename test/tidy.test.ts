/** The repository keeps its own rules. What each rule catches is shown in tidy/*.test.ts, on sources made up for it. */
import { expect, test } from 'vitest';
import { cborErrors, circles, deadFiles, directionErrors } from './tidy/imports.ts';
import { purityErrors } from './tidy/purity.ts';
import { headErrors, noteErrors, widthErrors } from './tidy/text.ts';
import { readTree } from './tidy/tree.ts';

const everything = readTree('.');
const src = new Map([...everything].filter(([path]) => path.startsWith('src/')));

test('there is source to look at', () => {
  expect([...src.keys()]).toContain('src/lib/errors.ts');
});

test('imports go commands -> cli -> {debug, ft} -> session -> {emu, logformat} -> lib', () => {
  expect(directionErrors(src)).toEqual([]);
});

test('the pure folders use no clock, randomness or environment', () => {
  expect(purityErrors(src)).toEqual([]);
});

test('every file of src is reached from a command, a worker entry point or the package entry', () => {
  expect(deadFiles(src)).toEqual([]);
});

test('no files of src import each other in a circle', () => {
  expect(circles(src)).toEqual([]);
});

test('at most one file imports cbor-x', () => {
  expect(cborErrors(src)).toEqual([]);
});

test('every file of src opens with a comment that says what it is', () => {
  expect(headErrors(src)).toEqual([]);
});

test('no line is wider than 120 characters', () => {
  expect(widthErrors(everything)).toEqual([]);
});

test('nothing is left noted for later', () => {
  expect(noteErrors(everything)).toEqual([]);
});
