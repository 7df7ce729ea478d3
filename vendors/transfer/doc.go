// Package transfer downloads files over HTTP for vendors: over several connections where the server lets it, resuming what an
// earlier process began, through stalls, resets, truncated bodies and busy servers. It keeps credentials with the host that
// they are meant for, and never makes one file of two versions.
//
// It does not verify or unpack anything, which is the host's work, and it knows no vendor. What it writes is safe from a killed
// process but not from a power cut, as nothing is flushed: who wants that checks the digest.
package transfer
