// Package observe watches a vendor from outside while it is tested: what it writes to stdout and stderr, which files
// change, which processes it starts, and the progress that it reports. It starts no vendor and calls none.
package observe
