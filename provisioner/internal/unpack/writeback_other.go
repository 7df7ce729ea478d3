//go:build !linux

package unpack

import "io"

// startWriteback does nothing where there is no such call.
func startWriteback(io.Writer, int64, int64) {}
