// Package gotool finds out the version and the settings of a Go toolchain of this machine, and makes the environment in
// which the go command builds: with the user's caches and module proxies, without the user's build flags.
//
// It never downloads a toolchain.
package gotool
