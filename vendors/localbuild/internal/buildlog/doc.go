// Package buildlog handles what a build prints: it writes everything to a log file, reports each line as progress, and
// remembers the last lines for an error message. Secrets in URLs, and those that the caller names, are removed first.
//
// It does not run the build and does not interpret its output.
package buildlog
