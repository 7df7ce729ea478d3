// Package checks is the list of what a vendor must get right: All, one entry for each check, with its name, what it
// needs and the function that runs it. The names are stable: authors and scripts refer to them. How a vendor is run is
// the task of package trial.
//
// To add a check, write its function and its entry in All, and a vendor that fails it in the tests of vendortest (of
// plugintest, for a check of processes).
package checks
