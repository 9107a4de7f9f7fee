/** All scenarios, by what they are about. */

import type { Scenario } from '../scenario.ts';
import { addressSpaces } from './address-spaces.ts';
import { calls } from './calls.ts';
import { codeChanges } from './code-changes.ts';
import { codeStores } from './code-stores.ts';
import { faults } from './faults.ts';
import { float } from './float.ts';
import { floatState } from './float-state.ts';
import { flow } from './flow.ts';
import { interrupts } from './interrupts.ts';
import { places } from './places.ts';
import { registers } from './registers.ts';

export const scenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'control flow': flow,
  calls,
  'places of code': places,
  'stores to code': codeStores,
  'other changes of code': codeChanges,
  'address spaces': addressSpaces,
  'modes and faults': faults,
  interrupts,
  registers,
  'floating point': float,
  'state of floating point': floatState,
};
