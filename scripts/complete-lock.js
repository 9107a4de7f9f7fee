/**
 * Adds to package-lock.json the platform packages that `npm install` left out because the registry it asked does not
 * carry them. `npm ci` refuses a lock that lacks any name in an `optionalDependencies`, even one for another platform.
 * An entry added here has no digest (there was no file to take it from); npm passes over it on every other platform.
 * Run after each change of the lock: `npm run lock`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm64', 'arm', 'x64', 'ia32', 'riscv64', 'ppc64', 's390x', 'loong64', 'mips64el', 'wasm32'];
const LIBC = { musl: 'musl', musleabihf: 'musl', gnu: 'glibc', gnueabihf: 'glibc' };

/** True when the package at lock path `from` would find `name`: beside its own modules or in a folder above. */
function isLocked(packages, from, name) {
  const folders = from.split('/node_modules/');
  for (let depth = folders.length; depth > 0; depth--) {
    if (packages[`${folders.slice(0, depth).join('/node_modules/')}/node_modules/${name}`] !== undefined) return true;
  }
  return packages[`node_modules/${name}`] !== undefined;
}

/** Platform constraints told by a package name such as `cli-linux-x64-musl`; throws when it names no platform. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = OS.find((word) => words.includes(word));
  const cpu = CPU.find((word) => words.includes(word));
  if (os === undefined || cpu === undefined) {
    throw new Error(`${name} is not in the registry, and its name tells no platform`);
  }
  const libc = os === 'linux' ? words.map((word) => LIBC[word]).find((word) => word !== undefined) : undefined;
  return { cpu: [cpu], os: [os], ...(libc === undefined ? {} : { libc: [libc] }) };
}

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
let added = 0;
for (const [path, { dev, optionalDependencies }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
    if (isLocked(lock.packages, path, name)) continue;
    const platform = platformOf(name);
    lock.packages[`node_modules/${name}`] = { version, ...(dev ? { dev } : {}), ...platform, optional: true };
    added++;
  }
}
const byPath = ([a], [b]) => a.localeCompare(b, 'en');
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPath));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} platform packages added`);
