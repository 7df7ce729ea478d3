// Package executable reads executables (ELF, Mach-O, PE) to find out which platform and architecture they were made
// for, and what they need of a machine: a loader, a version of glibc or macOS, a processor level.
//
// It runs nothing, and reports only what is certain: an unknown fact, of the file or of the machine, never rejects.
package executable
