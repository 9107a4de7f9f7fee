/** `lockstep ft witness` behind its flags: serving until the operator has had enough. */

import { type AcceptorOptions, AcceptorServer } from '../host/ft/arbiters/acceptor-server.ts';
import { type Endpoint, endpointText } from '../host/ft/endpoint.ts';
import { parseAddress } from '../host/ports/nbd-place.ts';
import { UserError } from '../lib/errors.ts';
import { say, stopOnSignal } from './live.ts';

export interface Witnessed {
  /** `tcp:HOST:PORT`. */
  readonly listen: string;
  readonly dir: string;
}

export async function serveWitness(options: AcceptorOptions): Promise<Witnessed> {
  const stop = stopOnSignal();
  const server = await AcceptorServer.start({ ...options, notice: say });
  const listen = endpointText(server.endpoint);
  say(`witness at ${listen}, promises in ${options.folder}`);
  await new Promise<void>((done) => {
    if (stop.aborted) done();
    else stop.addEventListener('abort', () => done());
  });
  await server.close();
  return { listen, dir: options.folder };
}

/** `HOST:PORT` or `tcp:HOST:PORT`; port 0 is a free one. */
export function witnessPlace(text: string): Endpoint {
  const address = parseAddress(text, '');
  if (address?.kind === 'tcp') return address;
  throw new UserError('bad-value', `--listen ${text} is not understood`, 'give HOST:PORT, such as 10.0.0.2:7200');
}
