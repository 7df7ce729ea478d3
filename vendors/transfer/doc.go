// Package transfer downloads files over HTTP for vendors: it resumes what an earlier process began, survives stalls, resets,
// truncated bodies and busy servers, and keeps credentials with the host that they are meant for.
//
// It does not verify or unpack anything, which is the host's work, and it knows no vendor. It opens one connection at a time.
package transfer
