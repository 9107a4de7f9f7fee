/** What carries out a request once there is a session: gives the body of the answer, if it has one. */

import type { Fields } from './fields.ts';
import type { Session } from './session.ts';

/** Throws UserError or MiError for a request that cannot be carried out. */
export type Handler = (session: Session, args: Fields) => Promise<object | undefined> | object | undefined;
