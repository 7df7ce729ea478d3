// Package httpindex is the vendor "http-index": it gets workers from a private mirror, over http, https or from a
// folder. A mirror is an index file and the files that the index lists. The index is one JSON object:
//
//	{"workers": [{
//	  "type": "cpu-llm",                  worker type
//	  "version": "1.2.3",                 semantic version
//	  "platform": "linux",                linux, macos or windows
//	  "arch": "amd64",                    Go's name or x86_64, aarch64; default: every architecture
//	  "url": "1.2.3/worker.tar.gz",       relative to the index, or absolute
//	  "name": "worker.tar.gz",            of the downloaded file; default: the last element of url
//	  "size": 12345,                      in bytes; optional
//	  "digest": "sha256:…",               or "sha512:…"; without it the source needs `unverified: true`
//	  "prerelease": true                  default: whether the version is a prerelease
//	}]}
//
// An unknown key is an error, so that a misspelled digest is not taken for a missing one. An index from the network
// cannot list local files. Whoever can write the index decides which files are installed, so the index must come over
// https or from a folder that only trusted people can write.
//
// The package does not verify, unpack or install anything: the host does.
package httpindex
