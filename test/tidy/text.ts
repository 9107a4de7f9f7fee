/** Rules on the text itself: width, head comments, and no note left for later. */
import type { Sources } from './imports.ts';

export const WIDTH_MAX = 120;

/** Spelled apart, or this file would break its own rule. */
const NOTES = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].map((note) => `\\b${note}\\b`).join('|'));

/**
 * Width is counted in characters, not in UTF-16 units. A line that is one long link may be
 * wider, and so may a row of a table, which has no other way. */
export function widthErrors(texts: Sources): string[] {
  return eachLine(texts, (line) => {
    const width = [...line].length;
    return width > WIDTH_MAX && !/^(?:\S*https?:\/\/\S+|\| .* \|)$/.test(line.trim())
      ? `${width} characters wide`
      : undefined;
  });
}

export function noteErrors(texts: Sources): string[] {
  return eachLine(texts, (line) => (NOTES.test(line) ? 'a note for later: do it or drop it' : undefined));
}

/** Every file of src opens by saying what it is: a comment of at least three words, after any `#!` line. */
export function headErrors(sources: Sources): string[] {
  return [...sources]
    .filter(([, source]) => {
      const head = /^(?:#![^\n]*\n)?\s*(?:\/\*\*?([\s\S]*?)\*\/|((?:\/\/[^\n]*\n)+))/.exec(source);
      return ((head?.[1] ?? head?.[2] ?? '').match(/[A-Za-z]+/g) ?? []).length < 3;
    })
    .map(([path]) => `${path}: no head comment`);
}

function eachLine(texts: Sources, check: (line: string) => string | undefined): string[] {
  return [...texts].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => {
      const error = check(line);
      return error === undefined ? [] : [`${path}:${index + 1}: ${error}`];
    }),
  );
}
