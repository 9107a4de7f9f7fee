/** Engines mixed in any way leave the state that one engine leaves, on random guest code. */

import { test } from 'vitest';
import { checkAgreement } from './agreement.ts';
import { randomProgram, randomStreams } from './mixture.ts';

test('programs of functions, loops, traps and changing code', () => checkAgreement(randomProgram, 25, 0.5));

test('streams of random words', () => checkAgreement((seed, run) => randomStreams(seed, 10, run), 15, 0.2));
