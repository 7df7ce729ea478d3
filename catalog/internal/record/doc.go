// Package record reads and writes the text of metadata.json, the record of an entry, which other programs read and
// write too.
//
// Three dialects exist. The Rust hive writes keys in snake case; later hives write the artifact's keys in camel case,
// the latest of them with enums in lower case. All are read; the first one is written. A record of another program is
// edited as text, so that its other keys, their order and their spelling stay.
//
// The package does not know what an artifact is: it reads into any type whose JSON keys are in snake case.
package record
