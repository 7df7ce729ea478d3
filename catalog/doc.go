// Package catalog records the artifacts of one machine on disk: worker binaries and models, each in a folder of its own
// that holds the files and a metadata.json. It continues the catalog of the Rust hive and shares its folder with it.
//
// It names things (worker types, platforms, versions, digests, IDs), reads and writes their records, and finds the
// newest worker for a type and platform. It does not fetch, verify or start anything, and it knows no vendor.
package catalog
