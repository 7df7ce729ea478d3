// Package intake receives what a vendor fetches: it reads every file once, while the vendor still writes it, and in
// that one pass hashes, verifies and unpacks it into the entry's folder. Then it finds the executable.
//
// Verification has one seam: a Verifier sees the facts about a file first, then every byte, and then decides. The
// published digest is checked by the first verifier (Digest).
//
// Nothing that a vendor reports decides what is installed. The bytes that are read here are those that are hashed and
// written, so a file that changes afterwards does no harm.
package intake
