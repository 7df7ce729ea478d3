package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"github.com/klauspost/readahead"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/internal/unpack"
)

// payload is what a vendor's files turned out to hold.
type payload struct {
	brought    []catalog.BroughtFile
	files      []catalog.InstalledFile
	executable string // slash-separated, in the entry
	size       int64  // of the executable, in bytes
}

// receive checks and unpacks what the vendor brings, as far as it has come. Each file is read once: the bytes that are hashed are
// the bytes that are written, so what happens to a vendor's file afterwards does not matter.
func (in *installation) receive(ctx context.Context, follow *follower) error {
	in.payload = &payload{}
	entry, err := os.OpenRoot(filepath.Join(in.staging, entryDir))
	if err != nil {
		return err
	}
	defer entry.Close()
	promised, err := in.promised(follow)
	if err != nil {
		return err
	}
	for i, file := range promised {
		if err := in.receiveFile(ctx, entry, follow, i, file); err != nil {
			return in.blamed(err)
		}
	}
	brought, err := follow.await()
	if err != nil {
		return err
	}
	if len(brought) != len(promised) {
		return in.blamed(provisioner.Errorf(provisioner.PluginFault, "%d files were brought where %d were promised", len(brought), max(len(promised), 1)))
	}
	return in.blamed(in.payload.settle(entry, in.source.Binary, in.req, in.host()))
}

// promised are the files that are to be received. What a build makes is known only in the end.
func (in *installation) promised(follow *follower) ([]provisioner.File, error) {
	if len(in.release.Files) > 0 {
		return in.release.Files, nil
	}
	brought, err := follow.await()
	if err == nil && len(brought) == 0 {
		err = in.blamed(provisioner.Errorf(provisioner.PluginFault, "0 files were brought where 1 was promised"))
	}
	var files []provisioner.File
	for _, name := range brought {
		files = append(files, provisioner.File{Name: path.Base(name)})
	}
	return files, err
}

// Hashing goes ahead of unpacking by so much.
const (
	aheadBuffers = 4
	aheadSize    = 1 << 20 // bytes
)

// receiveFile takes over the i-th file of the release.
func (in *installation) receiveFile(ctx context.Context, entry *os.Root, follow *follower, i int, promised provisioner.File) error {
	src, err := follow.open(i, promised)
	if err != nil {
		return err
	}
	defer src.file.Close()
	sum, err := newChecksum(promised)
	if err != nil {
		return err
	}
	scratch, err := os.OpenRoot(filepath.Join(in.staging, spoolDir))
	if err != nil {
		return err
	}
	defer scratch.Close()
	// Reading and hashing go ahead of unpacking, in a goroutine of their own.
	ahead, err := readahead.NewReaderSize(io.TeeReader(src, sum), aheadBuffers, aheadSize)
	if err != nil {
		return err
	}
	files, err := unpack.Extract(ctx, entry, ahead, unpack.Options{Name: promised.Name, Scratch: scratch, SHA256: sum.sha256})
	src.abandon()
	_ = ahead.Close() // waits until nothing is read any more
	bad := ArchiveError(promised.Name, err)
	if provisioner.KindOf(err) == provisioner.PluginFault {
		if err := src.confirm(); err != nil {
			return err
		}
	}
	if err != nil && bad == nil {
		return fmt.Errorf("unpack %s: %w", promised.Name, err)
	}
	// A wrong digest explains whatever else is wrong with the bytes, so it is told first.
	wrong := sum.check()
	if wrong != nil || bad != nil {
		if err := src.confirm(); err != nil {
			return err
		}
	}
	if wrong != nil {
		return in.promiseBroken(wrong)
	}
	if bad != nil {
		return bad
	}
	in.payload.brought = append(in.payload.brought, sum.file())
	return in.payload.add(files)
}

// promiseBroken tells what a wrong digest means. A built-in vendor passes on what a publisher promises: the run ends. A third party's
// vendor made both the promise and the file, so one of the two is its fault, and others may serve.
func (in *installation) promiseBroken(wrong error) error {
	if in.opts.ThirdParty == nil || !in.opts.ThirdParty(in.source.Vendor) {
		return wrong
	}
	return provisioner.Errorf(provisioner.PluginFault, "%w", wrong).WithHint("%s", provisioner.HintOf(wrong))
}

// ArchiveError makes an error of the unpacker about what it read one of a known kind; nil for any other, a failure of the host.
func ArchiveError(name string, err error) *provisioner.Error {
	if _, ok := errors.AsType[*unpack.UnsafeError](err); ok {
		return provisioner.Errorf(provisioner.UnsafeArchive, "unpack %s: %w", name, err).WithHint("don't use this file; tell its publisher")
	}
	if _, ok := errors.AsType[*unpack.LimitError](err); ok {
		return provisioner.Errorf(provisioner.UnsafeArchive, "unpack %s: %w", name, err).WithHint("no worker is that large; don't use this file, and tell its publisher")
	}
	if _, ok := errors.AsType[*unpack.CorruptError](err); ok {
		return provisioner.Errorf(provisioner.BadPayload, "unpack %s: %w", name, err).WithHint("it is damaged where it comes from; take another version, or tell its publisher")
	}
	return nil
}

// blamed names the vendor in an error about what it brought; failures of the host itself are left as they are.
func (in *installation) blamed(err error) error {
	if e, ok := errors.AsType[*provisioner.Error](err); ok {
		return e.WithVendor(in.source.Vendor)
	}
	return err
}

var (
	addressUser  = regexp.MustCompile(`(://)[^/\s]*@`)
	addressQuery = regexp.MustCompile(`(://[^\s?#]*)[?#]\S*`)
	bareUser     = regexp.MustCompile(`(^|\s)[^\s/@:]+:[^\s/@]+@`)
)

// withoutSecrets drops the user info and the query of every URL, wherever it stands.
func withoutSecrets(details map[string]string) map[string]string {
	clean := make(map[string]string, len(details))
	for key, value := range details {
		value = addressUser.ReplaceAllString(value, "$1")
		value = addressQuery.ReplaceAllString(value, "$1")
		clean[key] = bareUser.ReplaceAllString(value, "$1")
	}
	return clean
}
