// Package failure makes the errors of a build: it tells a full disk, a missing network or a refused login from a source
// that does not compile. The tools do not report these kinds, so it looks for them in what they print.
//
// It does not decide whether something is tried again.
package failure
