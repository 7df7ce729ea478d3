// Package backoff remembers between runs what is not worth trying again yet: sources that failed or had nothing, files
// that turned out to be unusable, and answers that are still recent.
//
// Each fact is a small JSON file in the state folder, named by a key. All of them may be lost: what they say is found
// out again. Files of a newer program version may contain more keys; they are ignored.
//
// The package does not decide what a key consists of, nor whether the user asked to try anyway (--refresh): the engine
// does.
package backoff
