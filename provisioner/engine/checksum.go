package engine

import (
	"crypto/sha256"
	"hash"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// checksum sums up a file as it is read, and holds it against what was promised.
type checksum struct {
	promised provisioner.File
	own      hash.Hash // SHA-256, for the record
	theirs   hash.Hash // of the promised digest's algorithm; nil if there is none or it is SHA-256 too
	size     int64
}

func newChecksum(promised provisioner.File) (*checksum, error) {
	c := &checksum{promised: promised, own: sha256.New()}
	switch {
	case promised.Digest == "":
	case !promised.Digest.Valid():
		return nil, provisioner.Errorf(provisioner.PluginFault, "malformed digest %q of %s", promised.Digest, promised.Name)
	case promised.Digest.Algorithm() != "sha256":
		c.theirs = promised.Digest.Hash()
	}
	return c, nil
}

// Write implements io.Writer; it does not fail.
func (c *checksum) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	if c.theirs != nil {
		c.theirs.Write(p)
	}
	return c.own.Write(p)
}

// sha256 is that of what was written.
func (c *checksum) sha256() [sha256.Size]byte { return [sha256.Size]byte(c.own.Sum(nil)) }

// check returns an error of kind DigestMismatch unless what was written is what was promised.
func (c *checksum) check() error {
	if c.promised.Digest == "" {
		return nil
	}
	h := c.own
	if c.theirs != nil {
		h = c.theirs
	}
	if c.promised.Digest.Matches(h) {
		return nil
	}
	return provisioner.Errorf(provisioner.DigestMismatch, "%s does not have the published digest: want %s, have %s:%x in %d bytes",
		c.promised.Name, c.promised.Digest, c.promised.Digest.Algorithm(), h.Sum(nil), c.size).
		WithHint("the file was changed after it was published, or on its way; try again, and don't use it if that repeats")
}

// file is the record of what was written.
func (c *checksum) file() catalog.BroughtFile {
	f := catalog.BroughtFile{Name: c.promised.Name, Size: c.size, Digest: catalog.DigestOf(c.own)}
	if c.theirs != nil {
		f.Published = c.promised.Digest
	}
	return f
}
