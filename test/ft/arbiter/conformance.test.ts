/** The arbiters that lockstep brings along do what every arbiter must do. */
import { diskFolder } from '../../host/disk/support.ts';
import { conformance } from './conformance.ts';
import { rigs } from './rigs.ts';

conformance(diskFolder(), rigs);
