/** Races for the arbiters that need no other programs; majorities in processes: majority.full.test.ts. */
import { diskFolder } from '../../host/disk/support.ts';
import { races } from './races.ts';
import { rigs } from './rigs.ts';

races(diskFolder(), rigs);
