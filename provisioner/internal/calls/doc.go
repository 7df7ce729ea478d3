// Package calls lets equal requests that are made at the same time share one run of the work, and hands the events of
// that run to everyone who waits for it.
//
// It is like golang.org/x/sync/singleflight with two additions: the run is cancelled when the last subscriber has left,
// and every subscriber receives the run's events in order, without one slow receiver delaying the others.
//
// It does not decide which requests are equal: the caller passes a key.
package calls
