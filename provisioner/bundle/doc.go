// Package bundle carries installed workers to machines without a network: one archive with their files, their records
// and a manifest of digests. Import verifies the whole archive before it installs anything.
//
// An archive proves that nothing in it was damaged, not who made it: it is as trustworthy as the way it came. It
// contains no vendor, and importing it fetches and builds nothing.
package bundle
