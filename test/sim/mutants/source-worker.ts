/** A thread that hunts for the defect that its own sources have. */

import { parentPort, workerData } from 'node:worker_threads';
import { hunt } from './hunt.ts';

const { name, most } = workerData as { readonly name: string; readonly most: number };
parentPort?.postMessage(hunt({ name, hooks: () => ({}) }, most));
