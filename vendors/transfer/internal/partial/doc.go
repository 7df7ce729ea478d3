// Package partial keeps an unfinished download on disk, so that a later process can resume it. File NAME is NAME.part
// while it is incomplete, and NAME.part.json describes which bytes of it are valid and of which version they are.
//
// Every state survives a killed process: bytes are written before the description counts them, and are dropped after
// it. Nothing is flushed, so a power cut may lose any of it; a caller that needs more checks the digest. The package
// sends no request and does not decide what is fetched.
package partial
