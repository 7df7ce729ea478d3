// Package machine finds out what the choice of a worker depends on: the C library, the processor, the GPUs and their driver. It
// reads files, and nothing that it reads can make it fail: what can't be told is unknown, and the reason is told. What the facts
// are good for it does not know.
package machine
