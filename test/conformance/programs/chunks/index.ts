/** The chunks by name: each is one program and one file of expected answers. */
import type { Batch } from '../batch.ts';
import { atomics } from './amo.ts';
import { compressed } from './compressed.ts';
import { control } from './control.ts';
import { csr } from './csr.ts';
import { decode } from './decode.ts';
import { exceptions } from './exceptions.ts';
import { fpExtra } from './fp.ts';
import { integer } from './integer.ts';
import { interrupts } from './interrupts.ts';
import { memory } from './memory.ts';
import { sv39, sv48 } from './pages.ts';
import { pmp, pmpLocked } from './pmp.ts';

export const CHUNKS: Readonly<Record<string, () => Batch[]>> = {
  integer,
  control,
  memory,
  amo: atomics,
  compressed,
  decode,
  exceptions,
  interrupts,
  'pages-sv39': sv39,
  'pages-sv48': sv48,
  csr,
  pmp,
  'pmp-locked': pmpLocked,
  'fp-extra': fpExtra,
};
