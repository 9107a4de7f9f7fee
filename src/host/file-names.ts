/**
 * Words of any characters as names of files, for folders into which others may put things too.
 *
 * Invariant: a word has one name, and a name is that of one word at most: what does not come from `fileNameOf` is no
 * word, also where it could be decoded.
 */

export const fileNameOf = (word: string): string => encodeURIComponent(word);

/** Undefined: the name is nobody's word. */
export function wordOf(name: string): string | undefined {
  try {
    const word = decodeURIComponent(name);
    return fileNameOf(word) === name ? word : undefined;
  } catch {
    return undefined;
  }
}
