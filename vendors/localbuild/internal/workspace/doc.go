// Package workspace keeps a folder for each project between builds: a copy of its source, of which only changed files
// are written again, and the objects that the last build made. It also lists the files of a source and computes their
// fingerprints.
//
// Only one build at a time uses a workspace; a file lock ensures that, also between processes. The least recently used
// workspaces are removed when all of them together hold more than 10 GiB. It does not know what a build does.
package workspace
