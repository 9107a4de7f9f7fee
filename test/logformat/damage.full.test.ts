import { it } from 'vitest';
import { checkDamage } from './damage.ts';

it('a damaged log gives a sound prefix and a cut, or an error (100,000 cases)', () => {
  checkDamage(100_000);
});
