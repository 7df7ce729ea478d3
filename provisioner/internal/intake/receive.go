package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"

	"github.com/klauspost/readahead"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/internal/unpack"
)

// Reading and hashing run ahead of unpacking by this much.
const (
	aheadBuffers = 4
	aheadSize    = 1 << 20 // bytes
)

// receive takes over all files, and finds the executable in them.
func (d Delivery) receive(ctx context.Context, files *follower) (*Contents, error) {
	entry, err := os.OpenRoot(d.EntryDir)
	if err != nil {
		return nil, err
	}
	defer entry.Close()
	expected, err := d.expected(files)
	if err != nil {
		return nil, err
	}
	contents := &Contents{}
	for i, file := range expected {
		if err := d.receiveFile(ctx, contents, entry, files, i, file); err != nil {
			return nil, err
		}
	}
	paths, err := files.await()
	if err != nil {
		return nil, err
	}
	if len(paths) != len(expected) {
		return nil, wrongNumber(len(paths), max(len(expected), 1))
	}
	return contents, d.finalize(contents, entry)
}

func wrongNumber(have, want int) error {
	return provisioner.Errorf(provisioner.PluginFault, "the vendor delivered %d files instead of %d", have, want)
}

// expected lists the files to receive. The files of a build are known only when the vendor has ended.
func (d Delivery) expected(files *follower) ([]provisioner.File, error) {
	if len(d.Release.Files) > 0 {
		return d.Release.Files, nil
	}
	paths, err := files.await()
	if err == nil && len(paths) == 0 {
		err = wrongNumber(0, 1)
	}
	var expected []provisioner.File
	for _, name := range paths {
		expected = append(expected, provisioner.File{Name: path.Base(name)})
	}
	return expected, err
}

// receiveFile takes over the i-th file of the release.
func (d Delivery) receiveFile(
	ctx context.Context, contents *Contents, entry *os.Root, files *follower, i int, expected provisioner.File,
) error {
	src, err := files.open(i, expected)
	if err != nil {
		return err
	}
	defer src.file.Close()
	m, err := d.newMeter(expected)
	if err != nil {
		return err
	}
	unpacked, err := d.unpack(ctx, entry, src, m)
	archiveErr := ArchiveError(expected.Name, err)
	if err != nil && archiveErr == nil {
		if provisioner.KindOf(err) == provisioner.PluginFault {
			if again := src.confirm(); again != nil {
				return again
			}
		}
		return fmt.Errorf("unpack %s: %w", expected.Name, err)
	}
	decision := m.decide()
	if decision != nil || archiveErr != nil {
		if again := src.confirm(); again != nil {
			return again
		}
	}
	if decision != nil { // it explains whatever else is wrong with the bytes
		return d.blameClaim(decision)
	}
	if archiveErr != nil {
		return archiveErr
	}
	contents.Fetched = append(contents.Fetched, m.record())
	return contents.add(unpacked)
}

// unpack reads src to its end, into the meter and into the entry.
func (d Delivery) unpack(ctx context.Context, entry *os.Root, src *followedFile, m *meter) ([]unpack.File, error) {
	spool, err := os.OpenRoot(d.SpoolDir)
	if err != nil {
		return nil, err
	}
	defer spool.Close()
	// Reading and hashing run ahead of unpacking, in a goroutine of their own.
	ahead, err := readahead.NewReaderSize(io.TeeReader(src, m), aheadBuffers, aheadSize)
	if err != nil {
		return nil, err
	}
	files, err := unpack.Extract(ctx, entry, ahead, unpack.Options{Name: m.file.Name, Scratch: spool, SHA256: m.sum})
	src.abandon()
	_ = ahead.Close() // waits until nothing reads any longer
	return files, err
}

// blameClaim turns a failed verification into a fault of the vendor if the claim was the vendor's own.
func (d Delivery) blameClaim(err error) error {
	if !d.ThirdParty {
		return err
	}
	return provisioner.Errorf(provisioner.PluginFault, "%w", err).WithHint("%s", provisioner.HintOf(err))
}

// meter measures a file as it is read, and passes its bytes to the checks.
type meter struct {
	file   provisioner.File
	sha256 hash.Hash
	size   int64
	checks []Check
}

func (d Delivery) newMeter(file provisioner.File) (*meter, error) {
	m := &meter{file: file, sha256: sha256.New()}
	for _, verify := range d.Verifiers {
		check, err := verify(Facts{File: file, Release: d.Release})
		if err != nil {
			return nil, err
		}
		if check != nil {
			m.checks = append(m.checks, check)
		}
	}
	return m, nil
}

// Write implements io.Writer; it does not fail.
func (m *meter) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	for _, c := range m.checks {
		_, _ = c.Write(p) // never fails
	}
	return m.sha256.Write(p)
}

func (m *meter) sum() [sha256.Size]byte { return [sha256.Size]byte(m.sha256.Sum(nil)) }

// decide returns the first refusal of a check.
func (m *meter) decide() error {
	for _, c := range m.checks {
		if err := c.Decide(Received{Size: m.size, SHA256: m.sum()}); err != nil {
			return err
		}
	}
	return nil
}

// record is the file's line in the provenance.
func (m *meter) record() catalog.BroughtFile {
	f := catalog.BroughtFile{Name: m.file.Name, Size: m.size, Digest: catalog.DigestOf(m.sha256)}
	if m.file.Digest != "" && !isSHA256(m.file.Digest) {
		f.Published = m.file.Digest
	}
	return f
}

// ArchiveError turns an error of the unpacker about what it read into one of a known kind. It returns nil for any other
// error: a failure of this machine.
func ArchiveError(name string, err error) *provisioner.Error {
	if _, ok := errors.AsType[*unpack.UnsafeError](err); ok {
		return provisioner.Errorf(provisioner.UnsafeArchive, "unpack %s: %w", name, err).
			WithHint("don't use this file, and report it to its publisher")
	}
	if _, ok := errors.AsType[*unpack.LimitError](err); ok {
		return provisioner.Errorf(provisioner.UnsafeArchive, "unpack %s: %w", name, err).
			WithHint("no worker is that large: don't use this file, and report it to its publisher")
	}
	if _, ok := errors.AsType[*unpack.CorruptError](err); ok {
		return provisioner.Errorf(provisioner.BadPayload, "unpack %s: %w", name, err).
			WithHint("it is damaged where it comes from; take another version, or report it to its publisher")
	}
	return nil
}
