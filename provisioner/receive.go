package provisioner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner/internal/unpack"
)

// payload is what a vendor's files turned out to hold.
type payload struct {
	brought    []catalog.BroughtFile
	files      []catalog.InstalledFile
	executable string // slash-separated, in the entry
	size       int64  // of the executable, in bytes
}

// receive checks and unpacks what the vendor brought. Each file is read once: the bytes that are hashed are the bytes that are
// written, so what happens to a vendor's file afterwards does not matter.
func (in *installation) receive(ctx context.Context) error {
	in.payload = &payload{}
	if err := in.checkCount(); err != nil {
		return in.blamed(err)
	}
	entry, err := os.OpenRoot(filepath.Join(in.staging, entryDir))
	if err != nil {
		return err
	}
	defer entry.Close()
	for i, name := range in.brought.Files {
		if err := in.receiveFile(ctx, entry, i, name); err != nil {
			return in.blamed(err)
		}
	}
	return in.blamed(in.payload.settle(entry, in.source.Binary, in.req, in.opts.Host))
}

// checkCount holds the files brought against those promised.
func (in *installation) checkCount() error {
	promised, brought := len(in.release.Files), len(in.brought.Files)
	if brought == 0 || promised > 0 && brought != promised {
		return Errorf(PluginFault, "%d files were brought where %d were promised", brought, max(promised, 1))
	}
	return nil
}

// receiveFile takes over the i-th file of the release.
func (in *installation) receiveFile(ctx context.Context, entry *os.Root, i int, name string) error {
	promised := File{Name: path.Base(name)}
	if i < len(in.release.Files) {
		promised = in.release.Files[i]
	}
	src, err := openBrought(in.fetched, name)
	if err != nil {
		return err
	}
	defer src.Close()
	sum, err := newChecksum(promised)
	if err != nil {
		return err
	}
	scratch, err := os.OpenRoot(filepath.Join(in.staging, spoolDir))
	if err != nil {
		return err
	}
	defer scratch.Close()
	files, err := unpack.Extract(ctx, entry, io.TeeReader(src, sum), unpack.Options{Name: promised.Name, Scratch: scratch})
	bad := badPayload(promised.Name, err)
	if err != nil && bad == nil {
		return fmt.Errorf("unpack %s: %w", promised.Name, err)
	}
	// A wrong digest explains whatever else is wrong with the bytes, so it is told first.
	if err := sum.check(); err != nil {
		return err
	}
	if bad != nil {
		return bad
	}
	in.payload.brought = append(in.payload.brought, sum.file())
	return in.payload.add(files)
}

// openBrought opens a file that a vendor named, as long as it is a regular file in the folder that it was given.
func openBrought(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Lstat(filepath.FromSlash(name))
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return nil, Errorf(PluginFault, "open the file %q that was brought: %w", name, err)
	}
	return root.Open(filepath.FromSlash(name))
}

// badPayload makes an error of the unpacker about what it read one of a known kind; nil for any other, a failure of the host.
func badPayload(name string, err error) *Error {
	if _, ok := errors.AsType[*unpack.UnsafeError](err); ok {
		return Errorf(UnsafeArchive, "unpack %s: %w", name, err).WithHint("don't use this file; tell its publisher")
	}
	if _, ok := errors.AsType[*unpack.LimitError](err); ok {
		return Errorf(UnsafeArchive, "unpack %s: %w", name, err)
	}
	if _, ok := errors.AsType[*unpack.CorruptError](err); ok {
		return Errorf(BadPayload, "unpack %s: %w", name, err)
	}
	return nil
}

// blamed names the vendor in an error about what it brought; failures of the host itself are left as they are.
func (in *installation) blamed(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.of(in.source.Vendor)
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
