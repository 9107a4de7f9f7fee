/** The program of a thread or process of ours, `NAME-worker` beside the module that starts it. */

/** `src` runs as it is, `dist` compiled. `beside`: the URL of that module. */
export const workerEntry = (name: string, beside: string): URL =>
  new URL(`./${name}-worker.${beside.endsWith('.ts') ? 'ts' : 'js'}`, beside);
