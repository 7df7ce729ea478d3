// Package httpindex is the vendor "http-index": it brings workers from a private mirror, which is an index file and the files that
// it names, over http, https or from a folder. The index is one JSON object:
//
//	{"workers": [{
//	  "type": "cpu-llm",                  worker type
//	  "version": "1.2.3",                 semantic version
//	  "platform": "linux",                linux, macos or windows
//	  "arch": "amd64",                    Go's name or x86_64, aarch64; left out: runs on every architecture
//	  "url": "1.2.3/worker.tar.gz",       relative to the index, or absolute
//	  "name": "worker.tar.gz",            of the file as it is brought; left out: the last part of url
//	  "size": 12345,                      in bytes; may be left out
//	  "digest": "sha256:…",               or "sha512:…"; left out: the source must say `unverified: true`
//	  "prerelease": true                  left out: false, unless the version tells otherwise
//	}]}
//
// An unknown key is an error, so that a misspelled digest does not pass for none. An index that came over the network can't name
// local files. Whoever can write the index can have any file installed: it is the index that must be trusted, and https or a
// folder of one's own is how.
//
// It does not verify, unpack or install anything: the host does.
package httpindex
