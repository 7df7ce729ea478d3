// Package machine finds the facts of this machine that the choice of a worker depends on: the C library, the
// processor, the GPUs and their driver. It reads files below /, /proc and /sys (on Windows, the registry), and asks
// nvidia-smi for what no file contains.
//
// Nothing that it reads can make it fail: a fact that cannot be found is unknown, with the reason. It does not know
// what a fact is used for, and it does not look at executables other than those of the system: package executable
// does.
package machine
