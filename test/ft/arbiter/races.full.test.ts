/** Races for the arbiters that lockstep brings along. */
import { diskFolder } from '../../host/disk/support.ts';
import { races } from './races.ts';
import { rigs } from './rigs.ts';

races(diskFolder(), rigs);
