/** `lockstep help`: what `--help` says, asked for by a word. */

import { Args, loadHelpClass } from '@oclif/core';
import { LockstepCommand } from '../cli/command.ts';

export default class HelpCommand extends LockstepCommand {
  static override summary = 'Say what the commands are, or what one of them does.';
  static override enableJsonFlag = false;
  static override examples = [{ description: 'All about one command.', command: '<%= config.bin %> help log info' }];
  static override strict = false;
  static override args = { command: Args.string({ description: 'the command', name: 'COMMAND' }) };

  async run(): Promise<void> {
    await this.parse(HelpCommand);
    const Help = await loadHelpClass(this.config);
    await new Help(this.config).showHelp(this.argv);
  }
}
