/** Races for the arbiters that are always there; those of a majority are in majority.full.test.ts. */
import { diskFolder } from '../../host/disk/support.ts';
import { races } from './races.ts';
import { rigs } from './rigs.ts';

races(
  diskFolder(),
  rigs.filter(([name]) => name !== 'a majority of three'),
);
