import { expect, test } from 'vitest';
import { headErrors, noteErrors, WIDTH_MAX, widthErrors } from './text.ts';

const one = (text: string) => new Map([['src/lib/a.ts', text]]);

test('a line is measured in characters, and one that is only a link may be wider', () => {
  expect(widthErrors(one('é'.repeat(WIDTH_MAX)))).toEqual([]);
  expect(widthErrors(one('😀'.repeat(WIDTH_MAX)))).toEqual([]);
  expect(widthErrors(one(`ok\n${'x'.repeat(WIDTH_MAX + 1)}`))).toEqual(['src/lib/a.ts:2: 121 characters wide']);
  expect(widthErrors(one(`<https://example.org/${'x'.repeat(WIDTH_MAX)}>`))).toEqual([]);
});

test('a note for later is found as a word, not inside one', () => {
  expect(noteErrors(one(`a\n// ${'TO'}DO: later`))).toHaveLength(1);
  expect(noteErrors(one(`${'FIX'}ME`))).toHaveLength(1);
  expect(noteErrors(one(`const ${'TO'}DOS = 1;`))).toEqual([]);
});

test('a head comment has words and comes first', () => {
  expect(headErrors(one('/** The error of an operator. */\nexport {};'))).toEqual([]);
  expect(headErrors(one('#!/usr/bin/env node\n// Runs one command.\nexport {};'))).toEqual([]);
  expect(headErrors(one('export {};\n/** The error of an operator. */'))).toHaveLength(1);
  expect(headErrors(one('/** */\nexport {};'))).toHaveLength(1);
});
