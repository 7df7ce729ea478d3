package bundle

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/rbee-keeper/provision/catalog"
)

// Export writes entries as one archive, and compares every file with its recorded digest. It fails with an error of
// kind provisioner.BadPayload for an entry that is damaged, NotFound for one that is marked bad, and Unverified for one
// that another program made. What was written until then is not a valid archive. For an ID that is not installed it
// returns catalog.ErrNotFound.
func Export(ctx context.Context, workers *catalog.WorkerCatalog, ids []string, out io.Writer) (Manifest, error) {
	m := Manifest{Schema: schema, Format: formatName, Version: formatVersion, Created: time.Now().UTC()}
	var sources []*source
	defer func() {
		for _, s := range sources {
			s.close()
		}
	}()
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		s, err := openSource(workers, id)
		if err != nil {
			return m, fmt.Errorf("export %q: %w", id, err)
		}
		sources = append(sources, s)
		m.Entries = append(m.Entries, s.Entry)
	}
	if err := m.validate(); err != nil {
		return m, fmt.Errorf("export: %w", err)
	}
	packed, err := zstd.NewWriter(out)
	if err != nil {
		return m, fmt.Errorf("export: %w", err)
	}
	if err := write(ctx, packed, m, sources); err != nil {
		_ = packed.Close() // it reports the same error again
		return m, err
	}
	if err := packed.Close(); err != nil {
		return m, fmt.Errorf("export: %w", err)
	}
	return m, nil
}

// write writes the tar. After an error the tar has no end mark, so that Import refuses it.
func write(ctx context.Context, out io.Writer, m Manifest, sources []*source) error {
	w := tar.NewWriter(out)
	data, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		size := int64(len(data))
		err = w.WriteHeader(&tar.Header{Name: manifestName, Mode: recordFileMode, Size: size, Typeflag: tar.TypeReg})
	}
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	for _, s := range sources {
		for _, f := range s.Files {
			if err := s.write(ctx, w, f); err != nil {
				return fmt.Errorf("export %q: %w", s.ID, err)
			}
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// write writes one file or link of the entry.
func (s *source) write(ctx context.Context, w *tar.Writer, f catalog.InstalledFile) error {
	header := &tar.Header{
		Name: path.Join(workersFolder, s.ID, f.Path), Mode: int64(f.Mode & 0o777), Size: f.Size,
		Linkname: f.Link, Typeflag: tar.TypeReg,
	}
	if f.Link != "" {
		header.Typeflag = tar.TypeSymlink
		return w.WriteHeader(header)
	}
	content, err := s.content(f)
	if err != nil {
		return err
	}
	defer content.Close()
	if !f.Digest.Valid() {
		return s.damaged(f.Path, "has no digest on record")
	}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	hash := f.Digest.Hash()
	if _, err := io.Copy(io.MultiWriter(w, hash), stoppable{ctx.Err, content}); err != nil {
		return err
	}
	if !f.Digest.Matches(hash) {
		return s.damaged(f.Path, "does not have the digest that was installed")
	}
	return nil
}

// stoppable is a reader that fails when stop returns an error.
type stoppable struct {
	stop func() error
	io.Reader
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.stop(); err != nil {
		return 0, err
	}
	return s.Reader.Read(p)
}
