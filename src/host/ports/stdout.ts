/**
 * Standard output for long listings: waits when the reader is slow, and ends quietly when it has gone away (`| head`).
 */

import { once } from 'node:events';

let gone = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  gone = true;
  process.exit();
});

export async function writeOut(text: string): Promise<void> {
  if (!gone && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
