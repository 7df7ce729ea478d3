// Package spawn starts an installed worker and looks after it: what a hive needs after provisioning. It checks the
// executable, fills in the launch template, chooses a port, waits until the worker serves, posts the heartbeats of one
// that knows no queen, holds a lease on the entry for as long as the worker runs, and ends it with all that it started.
//
// It does not install anything, restart what died, or keep a list of workers: that is the hive's business. Nor does it
// ask a ready worker how it is: a worker lives as long as its process.
package spawn
