package unpack

import (
	"crypto/sha256"
	"io"
)

// hashed is a reader whose bytes someone else hashes. sum returns the hash at its end.
type hashed struct {
	io.Reader
	sum func() [sha256.Size]byte
}

// hasher hashes the bytes of a reader, unless it is a hashed one.
type hasher struct {
	write func([]byte) error // never fails
	sum   func() [sha256.Size]byte
}

func hasherOf(r io.Reader) hasher {
	if already, ok := r.(hashed); ok {
		return hasher{write: func([]byte) error { return nil }, sum: already.sum}
	}
	h := sha256.New()
	return hasher{
		write: func(b []byte) error { _, err := h.Write(b); return err },
		sum:   func() [sha256.Size]byte { return [sha256.Size]byte(h.Sum(nil)) },
	}
}
