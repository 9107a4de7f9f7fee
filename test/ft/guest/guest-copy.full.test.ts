/** A hundred guests, each copied at a tick of its own under load. LOCKSTEP_COPIES says how many. */
import { it } from 'vitest';
import { tryCopy } from './clone-trial.ts';

const copies = Number(process.env.LOCKSTEP_COPIES ?? 100);

it.each(['count', 'race'])(`${copies} copies of %s go on as the guest does`, (name) => {
  for (let seed = 1; seed <= copies / 2; seed++) tryCopy(name, 1000 + seed);
});
