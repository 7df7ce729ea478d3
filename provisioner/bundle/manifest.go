package bundle

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// An archive is a tar, compressed by zstd. Its first member is the manifest. The others are the files of the entries,
// at workers/ID/PATH as in a catalog.
const (
	manifestName   = "manifest.json"
	workersFolder  = "workers"
	formatName     = "provision-bundle"
	formatVersion  = 1
	schema         = 1
	maxManifest    = 64 << 20 // bytes
	archiveName    = "bundle.tar.zst"
	maxArchive     = 256 << 30 // bytes, packed and unpacked
	maxMembers     = 1_000_000
	maxMemberPath  = 1024 // bytes: a path within an entry, and the entry's ID before it
	recordFileMode = 0o644
)

// Manifest lists the content of an archive. Version is what Import checks; it changes when older programs can't import
// an archive. Schema is the version of the JSON, as in all files of this program.
type Manifest struct {
	Schema  int       `json:"schema"`
	Format  string    `json:"format"`  // always "provision-bundle"
	Version int       `json:"version"` // of the format
	Created time.Time `json:"created_at"`
	Entries []Entry   `json:"entries"`
}

// Entry is an installed worker in an archive.
type Entry struct {
	ID    string                  `json:"id"`
	Bytes int64                   `json:"bytes"` // of all its files
	Files []catalog.InstalledFile `json:"files"` // also its records, by their paths within the entry's folder
}

// Bytes is the size of the files of all entries.
func (m Manifest) Bytes() (sum int64) {
	for _, e := range m.Entries {
		sum += e.Bytes
	}
	return sum
}

// IDs lists the IDs of the entries.
func (m Manifest) IDs() []string {
	var ids []string
	for _, e := range m.Entries {
		ids = append(ids, e.ID)
	}
	return ids
}

// readManifest reads the manifest of an unpacked archive.
func readManifest(root *os.Root) (m Manifest, err error) {
	data, err := readLimited(root, manifestName, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return m, damaged("it has no manifest")
	}
	if err != nil {
		return m, damaged("%w", err)
	}
	return parseManifest(data)
}

// readLimited reads a file of at most limit bytes.
func readLimited(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}

func parseManifest(data []byte) (m Manifest, err error) {
	if err := json.Unmarshal(data, &m); err != nil {
		return m, damaged("its manifest can't be read: %w", err)
	}
	if m.Format != formatName {
		return m, damaged("its manifest is of the format %q, not %q", m.Format, formatName)
	}
	if m.Version != formatVersion {
		return m, provisioner.Errorf(provisioner.BadPayload,
			"the archive is of version %d of the format; this program knows %d",
			m.Version, formatVersion).WithHint("import it with a newer version of this program")
	}
	return m, m.validate()
}

// validate refuses IDs that are not valid or that occur twice.
func (m Manifest) validate() error {
	if len(m.Entries) == 0 {
		return damaged("it contains no entry")
	}
	seen := map[string]bool{}
	for _, e := range m.Entries {
		if err := catalog.ValidateID(e.ID); err != nil {
			return damaged("%w", err)
		}
		if _, err := catalog.ParseID(e.ID); err != nil || seen[e.ID] {
			return damaged("its entry %q is not valid or occurs twice", e.ID)
		}
		seen[e.ID] = true
	}
	return nil
}

// members lists the files of the archive as the manifest describes them, with their names in the archive, sorted.
func (m Manifest) members() []catalog.InstalledFile {
	var all []catalog.InstalledFile
	for _, e := range m.Entries {
		for _, f := range e.Files {
			f.Path = path.Join(workersFolder, e.ID, f.Path)
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b catalog.InstalledFile) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

var errDamaged = errors.New("the archive is damaged or was tampered with")

const exportAgain = "export it again, and compare its SHA-256 after you copied it; nothing was installed"

// damaged returns the error of an archive that is not what was exported.
func damaged(format string, args ...any) error {
	return provisioner.Errorf(provisioner.BadPayload, "%w: %w", errDamaged, fmt.Errorf(format, args...)).
		WithHint(exportAgain)
}
