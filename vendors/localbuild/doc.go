// Package localbuild is the vendor "local-build": it makes workers from Go source with the Go toolchain of this machine.
// The source is that of the reference worker, which this package carries within itself and which needs no network, or a
// folder of the user's.
//
// It runs the go command and nothing else, in an environment of its own making, and leaves it to that command to fetch the
// modules that a folder's source requires. It installs no toolchain, uses no C compiler, and writes nothing into the folder.
package localbuild
