/**
 * Ctrl-A commands among typed bytes: Ctrl-A x quits, Ctrl-A h (or ?) helps, Ctrl-A Ctrl-A (or a) is one Ctrl-A for the
 * guest, Ctrl-A and any other key is dropped. The escape holds across reads.
 */

const CTRL_A = 1;

export type EscapeCommand = 'quit' | 'help';

export class EscapeKeys {
  #escaped = false;

  typed(bytes: Uint8Array): { readonly forGuest: Uint8Array; readonly commands: readonly EscapeCommand[] } {
    const forGuest: number[] = [];
    const commands: EscapeCommand[] = [];
    for (const byte of bytes) {
      if (!this.#escaped) {
        if (byte === CTRL_A) this.#escaped = true;
        else forGuest.push(byte);
        continue;
      }
      this.#escaped = false;
      const key = String.fromCharCode(byte);
      if (byte === CTRL_A || key === 'a') forGuest.push(CTRL_A);
      else if (key === 'x') commands.push('quit');
      else if (key === 'h' || key === '?') commands.push('help');
    }
    return { forGuest: Uint8Array.from(forGuest), commands };
  }
}
