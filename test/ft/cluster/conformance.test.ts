/** What every registry must do, of those that need nobody else's server. */
import { registryConformance } from './conformance.ts';
import { rigs } from './rigs.ts';

registryConformance(rigs);
