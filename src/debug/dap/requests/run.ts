/** Requests that make the guest go on, forwards and backwards, and stand. */

import { UserError } from '../../../lib/errors.ts';
import type { RunAction } from '../debugger.ts';
import type { Fields } from '../fields.ts';
import type { Handler } from '../handler.ts';
import type { Session } from '../session.ts';
import { threadOf } from './threads.ts';

const GOES_ON = { allThreadsContinued: true };

/** A client that has a thread go on has them all go on: there is one history. */
const running =
  (kind: RunAction['kind'], reverse: boolean): Handler =>
  async (session, args) => {
    const byInstruction = args.optionalText('granularity') === 'instruction';
    await session.run({ kind, reverse, byInstruction, thread: threadOf(session, args) });
    return kind === 'continue' ? GOES_ON : undefined;
  };

export const runRequests: Readonly<Record<string, Handler>> = {
  configurationDone: (session) => {
    session.begin();
    return undefined;
  },
  continue: running('continue', false),
  reverseContinue: running('continue', true),
  next: running('over', false),
  stepIn: running('into', false),
  stepOut: running('out', false),
  stepBack: (session, args) => stepBack(session, args),
  pause: (session) => {
    session.debugger.interrupt();
    return undefined;
  },
  setVariable: () => refuse(),
  setExpression: () => refuse(),
  writeMemory: () => refuse(),
};

/** A line back over calls, or an instruction back. */
function stepBack(session: Session, args: Fields): Promise<object | undefined> | object | undefined {
  const kind = args.optionalText('granularity') === 'instruction' ? 'into' : 'over';
  return running(kind, true)(session, args);
}

function refuse(): never {
  const remedy = 'to try another course use, in the console: monitor live';
  throw new UserError('recorded', 'this is a recording and cannot be changed', remedy);
}
