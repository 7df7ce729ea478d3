// Package catalog records the artifacts of one machine on disk: worker binaries and models, each in a folder of its own
// that holds the files and their record, metadata.json:
//
//	<home>/workers/cpu-llm-worker-rbee-v0.1.0-linux/
//	    metadata.json      the record, which the Rust hive reads and writes too
//	    provenance.json    where every byte came from, and how to start it; ours alone
//	    cpu-llm-worker-rbee and its libraries
//	<home>/staging, <home>/locks    partial work, and the locks and leases of entries
//
// The Rust hive is the existing program (rbee) with which this catalog is shared: the folder, the keys of a record,
// their order and their spelling are those of the Rust hive, and both programs may use one folder at the same time.
//
// It names things (worker types, platforms, versions, digests, IDs), reads and writes their records, and finds the
// newest worker for a type and platform. It does not fetch, verify or start anything, and it knows no vendor.
package catalog
