/** What `lockstep ft pair` says of itself on standard error, as far as the demo needs it. */

export interface PairTalk {
  /** Process of the primary, once it runs. */
  readonly primary?: number;
  readonly isProtected: boolean;
  /** How the backup took over, in the words of the command. */
  readonly takeover?: string;
}

/** `text`: all that was said so far. A line that is not complete does not count. */
export function pairTalk(text: string): PairTalk {
  const said = text.slice(0, text.lastIndexOf('\n') + 1);
  const [, primary] = /^lockstep: the primary is process (\d+)/m.exec(said) ?? [];
  const takeover = /^lockstep: backup: (the guest is live here.*)$/m.exec(said)?.[1];
  return {
    ...(primary === undefined ? {} : { primary: Number(primary) }),
    isProtected: /^lockstep: primary: the pair .* is protected/m.test(said),
    ...(takeover === undefined ? {} : { takeover }),
  };
}
