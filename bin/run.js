#!/usr/bin/env node
/**
 * Entry of the installed `lockstep` command. It parses on Node 12 and newer, so that a Node that is too old hears so in
 * one line; everything else is loaded after that check, and after this process has been given the flags of V8 that a
 * guest wants. The guest's thread, where there will be one, loads beside it.
 */
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `lockstep: needs Node 22.15 or newer, but this is Node ${process.versions.node}; ` +
      'install a newer one, or run: npx -y -p node@24 -p lockstep lockstep\n',
  );
  process.exitCode = 2;
} else {
  const words = process.argv.slice(2);
  import('../dist/host/node-flags.js')
    .then(({ restartWithFlags }) => restartWithFlags(words))
    .then(() => import('../dist/host/live/early-thread.js'))
    .then(({ beginEarly }) => beginEarly(words))
    .then(() => import('@oclif/core/execute'))
    .then(({ execute }) => execute({ dir: import.meta.url }));
}
