/** An inbox that keeps what a port says, for tests. */
import type { Input } from '../../../src/emu/machine/events.ts';
import type { Inbox } from '../../../src/host/ports/port.ts';

export class TestInbox implements Inbox {
  readonly inputs: Input[] = [];
  readonly notices: string[] = [];
  readonly failures: Error[] = [];
  quits = 0;
  congested = false;
  #waiting: (() => void)[] = [];
  #watchers: (() => void)[] = [];

  deliver(input: Input): void {
    this.inputs.push(input);
    this.#changed();
  }
  cleared(): Promise<void> {
    return new Promise((done) => this.#waiting.push(done));
  }
  clear(): void {
    this.congested = false;
    for (const done of this.#waiting.splice(0)) done();
  }
  notice(text: string): void {
    this.notices.push(text);
    this.#changed();
  }
  quit(): void {
    this.quits++;
    this.#changed();
  }
  fail(error: Error): void {
    this.failures.push(error);
    this.#changed();
  }

  /** Resolves once `holds` does. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((done) => this.#watchers.push(done));
  }

  /** All console bytes delivered, as text. */
  get typed(): string {
    return this.inputs
      .map((input) => (input.kind === 'console' ? Buffer.from(input.bytes).toString('latin1') : ''))
      .join('');
  }

  #changed(): void {
    for (const done of this.#watchers.splice(0)) done();
  }
}
