/** A cluster for people: a table of its hosts and one of its pairs. */

import type { Carried, ClusterHost, ClusterView } from '../ft/cluster/view.ts';
import { carriedBytes } from '../ft/cluster/view.ts';
import { bytes, columns } from './text.ts';

export function clusterText({ hosts, pairs }: ClusterView): string {
  if (hosts.length === 0) return 'no host is in the registry; add one with: lockstep ft host';
  const head = ['HOST', 'STATE', 'LOAD', 'RAM IN USE', 'CARRIES'];
  const tables = [columns([head, ...hosts.map(hostRow)], [2])];
  if (pairs.length > 0) {
    const rows = pairs.map(({ name, state, epoch, primary, backup, memoryBytes }) => {
      return [name, state, String(epoch), primary, backup ?? '-', bytes(memoryBytes)];
    });
    tables.push(columns([['PAIR', 'STATE', 'EPOCH', 'PRIMARY', 'BACKUP', 'RAM'], ...rows], [2]));
  }
  return tables.join('\n\n');
}

function hostRow(host: ClusterHost): string[] {
  const { name, report, carries } = host;
  const load = report === undefined ? '-' : `${report.load.toFixed(2)}/${report.cpus}`;
  const ram = `${bytes(carriedBytes(host))} of ${report === undefined ? '?' : bytes(report.ramBytes)}`;
  const guests = carries.map(({ pair, role }: Carried) => `${pair} (${role})`).join(', ');
  return [name, stateOf(host), load, ram, guests === '' ? '-' : guests];
}

function stateOf({ report, ledger, proven }: ClusterHost): string {
  if (report === undefined) return 'lost';
  if (ledger.draining) return 'draining';
  return proven ? 'up' : 'up?';
}
