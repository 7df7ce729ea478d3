package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// Verifier decides whether a file of a release is accepted. It is called before the first byte is read, and may refuse
// then. A nil Check means that it has nothing to check.
type Verifier func(file Facts) (Check, error)

// Facts are what is known of a file before its first byte.
type Facts struct {
	provisioner.File
	Release provisioner.Release
}

// Check verifies one file. Every byte of the file is written to it in order; a Write never fails.
type Check interface {
	io.Writer
	// Decide returns an error of a kind such as DigestMismatch unless the file is accepted. It is called once, after the
	// last byte.
	Decide(received Received) error
}

// Received is what intake itself measured of a file.
type Received struct {
	Size   int64 // bytes
	SHA256 [sha256.Size]byte
}

// Digest verifies the digest that was published for the file.
func Digest(file Facts) (Check, error) {
	switch {
	case file.Digest == "":
		return nil, nil
	case !file.Digest.Valid():
		return nil, provisioner.Errorf(provisioner.PluginFault, "malformed digest %q of %s", file.Digest, file.Name)
	case isSHA256(file.Digest):
		return &digestCheck{file: file.File}, nil // intake computes it anyway
	default:
		return &digestCheck{file: file.File, hash: file.Digest.Hash()}, nil
	}
}

func isSHA256(d catalog.Digest) bool { return d.Algorithm() == "sha256" }

type digestCheck struct {
	file provisioner.File
	hash hash.Hash // of the published digest's algorithm; nil for SHA-256
}

func (c *digestCheck) Write(p []byte) (int, error) {
	if c.hash != nil {
		c.hash.Write(p)
	}
	return len(p), nil
}

func (c *digestCheck) Decide(received Received) error {
	sum := received.SHA256[:]
	if c.hash != nil {
		sum = c.hash.Sum(nil)
	}
	if hex.EncodeToString(sum) == c.file.Digest.Hex() {
		return nil
	}
	return provisioner.Errorf(provisioner.DigestMismatch,
		"%s does not have the published digest: want %s, have %s:%x in %d bytes",
		c.file.Name, c.file.Digest, c.file.Digest.Algorithm(), sum, received.Size).
		WithHint("the file was changed after it was published, or on its way; try again, and don't use it if that repeats")
}
