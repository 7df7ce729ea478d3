// Package git runs the git command: it lists the refs of a remote repository, checks out one commit with its
// submodules, and lists the files of a work tree and derives its version. It runs no hook and no program that a
// repository names, and it never asks for a password.
//
// It does not write to a user's repository, and it keeps no history: a checkout has a depth of one commit.
package git
