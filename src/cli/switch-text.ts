/** The state of a switch as tables for people. */

import type { SwitchStatus } from '../host/switch/ethernet-switch.ts';
import { bytes, columns, count, seconds } from './text.ts';

export function switchText({ ports, addresses, moves }: SwitchStatus): string {
  const portRows = ports.map((port) => [
    port.port,
    port.up ? 'up' : 'down',
    count(port.framesIn),
    bytes(port.bytesIn),
    count(port.framesOut),
    bytes(port.bytesOut),
    count(port.lost),
    count(port.refused),
  ]);
  const addressRows = addresses.map(({ mac, port, ageMs }) => [mac, port, seconds(ageMs / 1000)]);
  const head = ['port', '', 'frames in', 'bytes', 'frames out', 'bytes', 'lost', 'refused'];
  const tables = [columns([head, ...portRows], [2, 3, 4, 5, 6, 7])];
  if (addressRows.length > 0) tables.push(columns([['address', 'port', 'seen before'], ...addressRows], [2]));
  tables.push(`${count(moves)} ${moves === 1 ? 'move' : 'moves'} of addresses from port to port`);
  return tables.join('\n');
}
