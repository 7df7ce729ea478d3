package unpack

import (
	"crypto/sha256"
	"hash"
	"io"
)

// hashed is a reader whose bytes are hashed by another; sum is called at its end.
type hashed struct {
	io.Reader
	sum func() [sha256.Size]byte
}

// hasher hashes blocks while they are written.
type hasher struct {
	hash hash.Hash // nil where another hashes
	sum  func() [sha256.Size]byte
	done chan struct{} // of the block that is being hashed; nil if none is
}

// parallelBlock is the size in bytes from which a block is worth a goroutine.
const parallelBlock = 64 << 10

func newHasher(r io.Reader) *hasher {
	if already, ok := r.(hashed); ok {
		return &hasher{sum: already.sum}
	}
	h := &hasher{hash: sha256.New()}
	h.sum = func() [sha256.Size]byte { return [sha256.Size]byte(h.hash.Sum(nil)) }
	return h
}

// begin hashes a block, which must not change until end has returned.
func (h *hasher) begin(block []byte) {
	switch {
	case h.hash == nil:
	case len(block) < parallelBlock:
		h.hash.Write(block)
	default:
		h.done = make(chan struct{})
		go func() {
			defer close(h.done)
			h.hash.Write(block)
		}()
	}
}

func (h *hasher) end() {
	if h.done != nil {
		<-h.done
		h.done = nil
	}
}
