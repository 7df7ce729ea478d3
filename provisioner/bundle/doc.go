// Package bundle carries installed workers to machines without a network: as one archive with their files, their records and a
// manifest of digests. What is taken in is verified as a whole before anything of it is installed.
//
// An archive is as trustworthy as the way that it came: it proves that nothing in it was damaged, not who made it. It holds no
// vendor, and nothing is fetched or built.
package bundle
