/** Names of the work in `guests/`, in the order of the tables. The C sources have the same lists. */

/** Run bare, in the Linux guest and natively. */
export const INTEGER_KERNELS = ['intmix', 'sha256', 'sieve', 'quicksort', 'chase', 'lz', 'bytecode'] as const;
export const FLOAT_KERNELS = ['nbody', 'matmul'] as const;
export const CPU_KERNELS = [...INTEGER_KERNELS, ...FLOAT_KERNELS] as const;

/** Need a Linux kernel under them. */
export const LINUX_KERNELS = ['syscalls', 'pingpong', 'forkexec', 'faults'] as const;

/** Unmodified Debian programs in the guest. */
export const APPS = ['redis', 'sqlite'] as const;
