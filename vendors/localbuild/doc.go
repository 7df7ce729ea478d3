// Package localbuild is the vendor "local-build": it makes workers from source, with the tools of this machine. The
// source is that of the reference worker, which this package carries within itself, a folder, the tags of a git
// repository, or the versions of a Go module. It is built with Go, cargo, CMake, make, or command lines of the
// configuration's.
//
// It runs no shell and no hook of a repository, installs no tool, and hands on only those variables of the environment
// that it lists or the configuration names. What it starts has ended when a call returns. It never writes into a user's
// folder: Go leaves a source as it is, and everything else works on a copy.
//
// In the vendor's cache it keeps logs/, the output of the last builds, and builds/, a folder for each project that
// holds its source and objects, so that the next build compiles only what changed. The least recently used of them are
// dropped when together they hold more than 10 GiB.
//
// It does not see what a build reads beside its source: the modules that a `replace` in a go.mod takes from another
// folder, what git ignores in a work tree, or the libraries of the system. A change of those alone does not make a
// folder's worker outdated. An executable that needs shared libraries of its own source is not brought with them: link
// it statically.
package localbuild
