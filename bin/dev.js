#!/usr/bin/env node
/** Runs the commands of src as they stand, with no build: node_modules/.bin/node strips the types. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execute } from '@oclif/core/execute';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
pjson.oclif.commands = './src/commands';

execute({ development: true, loadOptions: { root, pjson, ignoreManifest: true } });
