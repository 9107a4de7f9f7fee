/**
 * Makes node_modules what package-lock.json says, by `npm ci`, unless it already is. This is what lets `npm test` and
 * `npm run demo` start from a fresh clone. It depends on nothing and runs on the system's Node (12.20 and newer).
 *
 * "Already is" is read from npm's own account, node_modules/.package-lock.json: every package there has the version
 * the lock gives it, none that is not optional is absent, and the Node that the scripts run on answers.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const windows = process.platform === 'win32';

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(root + path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Why node_modules does not serve, or undefined when it does. */
function shortcoming() {
  const wanted = packagesOf('package-lock.json');
  if (wanted === undefined) return 'package-lock.json is missing or not JSON';
  const found = packagesOf('node_modules/.package-lock.json');
  if (found === undefined) return 'nothing is installed';
  for (const [path, { version }] of Object.entries(found)) {
    if (wanted[path] === undefined || wanted[path].version !== version) return `${path} ${version} is not in the lock`;
  }
  for (const [path, { optional, devOptional, version }] of Object.entries(wanted)) {
    if (path !== '' && !optional && !devOptional && found[path] === undefined) return `${path} ${version} is absent`;
  }
  return bundledNodeAnswers() ? undefined : 'the node package has no binary';
}

function bundledNodeAnswers() {
  const run = spawnSync(`node_modules/.bin/node${windows ? '.cmd' : ''}`, ['--version'], { cwd: root, shell: windows });
  return run.status === 0;
}

const reason = shortcoming();
if (reason !== undefined) {
  console.error(`lockstep: ${reason}; running npm ci`);
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit', shell: windows });
  if (install.status !== 0) {
    console.error('lockstep: npm ci failed; see the lines above, then run it again by hand');
    process.exit(install.status || 1);
  }
  const left = shortcoming();
  if (left !== undefined) {
    console.error(`lockstep: npm ci ended well, yet ${left}; is ignore-scripts set in your npm configuration?`);
    process.exit(1);
  }
}
