// Package transfer downloads large files over HTTP for vendors. It uses several connections where the server allows it,
// resumes what an earlier process left, and continues after stalls, resets, truncated bodies and busy servers. It sends
// credentials only to the host that they are meant for, and it never mixes the bytes of two versions of a file.
//
// It does not verify or unpack anything, which is the host's work, and it knows no vendor. What it writes survives a
// killed process but not a power cut, since nothing is flushed: a caller that needs more checks the digest.
package transfer
