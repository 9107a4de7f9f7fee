/**
 * Words of others (names of hosts and guests, what a peer says) as they may be shown on a terminal: they stay in their
 * line, and neither move the cursor nor turn the direction of writing.
 *
 * Invariant: what has been made printable is left as it is.
 */

export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, escaped);

function escaped(character: string): string {
  const hex = character.codePointAt(0)!.toString(16);
  return hex.length > 2 ? `\\u{${hex}}` : `\\x${hex.padStart(2, '0')}`;
}
