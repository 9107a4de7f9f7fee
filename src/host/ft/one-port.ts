/** Channel and heartbeats come to one number, over TCP and over UDP. */

import type { Endpoint } from './endpoint.ts';

/** A port that the system gives for one is nearly always free for the other. */
const TRIES = 20;

/**
 * Opens `first` at an endpoint, and `second` at the port that it was given. Where the port is left to the system (0)
 * and is not free for the second, both are tried again with another. Rejects with what is against it; nothing is open
 * then.
 */
export async function onOnePort<T>(
  endpoint: Endpoint,
  first: { open(endpoint: Endpoint): Promise<Endpoint>; close(): void },
  second: (taken: Endpoint) => Promise<T>,
): Promise<{ readonly taken: Endpoint; readonly opened: T }> {
  for (let left = endpoint.port === 0 ? TRIES : 1; ; left--) {
    const taken = await first.open(endpoint);
    try {
      return { taken, opened: await second(taken) };
    } catch (error) {
      first.close();
      if (left === 1) throw error;
    }
  }
}
