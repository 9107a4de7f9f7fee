/**
 * Sessions: clients that may connect again. The latest connection of a session is the only one: when it opens, those
 * before it are cut off, what they sent and was not begun is never carried out, and what was begun is finished first.
 * So a client that gave up on a connection and sends its writes again cannot be overtaken by the old ones.
 */

/** A connection, as its session sees it. */
export interface SessionEnd {
  /** Begins nothing more, and hangs up. Resolves when everything begun is finished. */
  cutOff(): Promise<void>;
}

export class Sessions {
  readonly #latest = new Map<string, SessionEnd>();

  /** `end` is the session's connection from now on; resolves when earlier ones can no longer do anything. */
  async open(session: string, end: SessionEnd): Promise<void> {
    const before = this.#latest.get(session);
    this.#latest.set(session, end);
    if (before !== undefined && before !== end) await before.cutOff();
  }

  closed(session: string, end: SessionEnd): void {
    if (this.#latest.get(session) === end) this.#latest.delete(session);
  }
}
