/** Every command of docs/operations.md, typed on the hosts that it names. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cluster } from '../../../src/ft/cluster/cluster.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';
import { type Block, blocksOf } from '../lab/document.ts';
import { type Host, LabHosts, ROOT } from '../lab/hosts.ts';
import { noLab } from '../lab/works.ts';

const DOCUMENT = join(ROOT, 'docs/operations.md');
const BLOCK_MS = 5 * 60_000;
const absent = noLab('udp-kv');
const skipped = absent === undefined ? '' : ` (skipped: ${absent})`;

let folder: string;
let hosts: LabHosts | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-'));
});
afterEach(async () => {
  await hosts?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** `lockstep`, as if it were installed. */
function install(): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'lockstep'), `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'bin/dev.js')}" "$@"\n`);
  chmodSync(join(bin, 'lockstep'), 0o755);
  return bin;
}

/** Where the guest of the only pair lives. */
async function primaryHost(): Promise<Host> {
  const registry = await openRegistry(`dir:${join(folder, 'shared/cluster')}`);
  try {
    await registry.settled();
    const { pairs } = await new Cluster(registry).view();
    return hostOf(pairs[0]!.primary.split(' ')[0]!);
  } finally {
    await registry.close();
  }
}

function hostOf(name: string): Host {
  const host = { 'lab-a': 'a', 'lab-b': 'b', 'lab-c': 'c', store: 'storage' }[name];
  if (host === undefined) throw new Error(`there is no host ${name}`);
  return host as Host;
}

async function type({ host: name, script, line }: Block, bin: string): Promise<void> {
  const host = name === 'the-primary' ? await primaryHost() : hostOf(name);
  // Each host has folders of its own, but for the shared one.
  const own = join(folder, host);
  mkdirSync(own, { recursive: true });
  const env = `unset XDG_RUNTIME_DIR XDG_STATE_HOME\nexport PATH="${bin}:$PATH" HOME="${own}"`;
  const words = script.replaceAll('/shared', join(folder, 'shared')).replaceAll('/etc/lockstep', join(folder, 'etc'));
  const shell = hosts!.start(host, `line-${line}`, 'sh', '-ec', `cd "${ROOT}"\n${env}\n${words}`);
  const how = await shell.end(BLOCK_MS);
  expect(how, `line ${line} on ${name}:\n${script}\n${shell.said}\n${shell.complaints}`).toBe(0);
}

test.skipIf(absent !== undefined)(`docs/operations.md, from nothing to the end${skipped}`, async () => {
  mkdirSync(join(folder, 'shared'));
  hosts = new LabHosts(folder);
  const bin = install();
  const blocks = blocksOf(DOCUMENT);
  expect(blocks.length).toBeGreaterThan(10);
  for (const block of blocks) await type(block, bin);
});
