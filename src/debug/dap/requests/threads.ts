/** Which thread a request is about: harts, counted from 1. */

import { UserError } from '../../../lib/errors.ts';
import type { Fields } from '../fields.ts';
import type { Session } from '../session.ts';

/** UserError when there is no such one; the first when none is named. */
export function threadOf(session: Session, args: Fields): number {
  const thread = args.optionalNumber('threadId') ?? 1;
  if (thread >= 1 && thread <= session.threads) return thread;
  throw new UserError('no-thread', `there is no thread ${thread}`, `there are ${session.threads}`);
}
