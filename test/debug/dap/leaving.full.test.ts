import { test } from 'vitest';
import { leave, MOMENTS, WAYS } from './leaving.ts';

test.each(MOMENTS.flatMap((moment) => WAYS.map((way) => [moment, way] as const)))(
  'gone %s, by %s: no process is left',
  leave,
);
