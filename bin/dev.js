#!/usr/bin/env node
/** Runs the commands of src as they stand, with no build: node_modules/.bin/node strips the types. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { restartWithFlags } from '../src/host/node-flags.ts';

restartWithFlags(process.argv.slice(2));

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
pjson.oclif.commands = './src/commands';
pjson.oclif.hooks = { command_not_found: './src/cli/command-not-found.ts' };

// Loaded by the process that goes on, not by the one that is restarted.
const { execute } = await import('@oclif/core/execute');
await execute({ development: true, loadOptions: { root, pjson, ignoreManifest: true } });
