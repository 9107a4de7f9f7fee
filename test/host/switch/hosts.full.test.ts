/** A guest on two switches of two hosts in turn; the client is another host's kernel, through its vxlan device. */
import { afterEach, expect, test } from 'vitest';
import { announcement } from '../../../src/host/ports/announcement.ts';
import { record, replay, testFolder } from '../support.ts';
import { Hosts, MovableCable, noHosts } from './namespaces.ts';

const folder = testFolder();
const absent = noHosts('ping', 'nc');
const skipped = absent === undefined ? '' : ` (skipped: ${absent})`;
const MAC = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
const MOVES = 6;

let hosts: Hosts | undefined;
let cable: MovableCable | undefined;
afterEach(async () => {
  await cable?.cut();
  await hosts?.remove();
});

test.skipIf(absent !== undefined)(
  `ping and nc reach udp-kv wherever it is, and never wait for it${skipped}`,
  async () => {
    const network = new Hosts();
    hosts = network;
    const [lanA, lanB, path] = [folder.path('a.sock'), folder.path('b.sock'), folder.path('guest.sock')];
    await network.startSwitch('a', lanA);
    await network.startSwitch('b', lanB);
    const movable = await MovableCable.lay(path, [lanA, lanB]);
    cable = movable;
    const ask = async (request: string): Promise<string> => {
      for (;;) {
        const answer = await network.client('nc', ['-u', '-w', '1', '10.0.2.15', '7000'], request);
        if (answer.length > 0) return answer.toString().trim();
      }
    };
    const file = folder.path('switch.lks');
    const live = await record('udp-kv', file, { nets: [{ peer: { kind: 'unix', path } }] }, async (ui) => {
      await ui.output.until((text) => text.includes('serving'));
      expect(await ask('SET colour green')).toBe('OK');
      for (let i = 0; i < MOVES; i++) {
        movable.move(announcement(MAC));
        // The announcement is on its way; an answer to the second of these has come from the new place.
        await network.client('ping', ['-c', '2', '-i', '0.2', '-W', '2', '10.0.2.15']);
        expect(await ask('GET colour')).toBe('VALUE green');
      }
      expect(await ask('QUIT')).toBe('BYE');
    });
    expect(live).toMatchObject({ outcome: { ending: 'halted', exitCode: 0 } });
    for (const frames of movable.carried) expect(frames).toBeGreaterThanOrEqual(MOVES);
    expect((await replay(file)).text).toBe(live.text);
  },
);
