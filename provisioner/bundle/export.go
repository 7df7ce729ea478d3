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

// Export writes entries as one archive. Every byte is held against its recorded digest on its way; an entry that is damaged, is
// marked bad, or was made by another program ends it with an error of kind provisioner.BadPayload, NotFound or Unverified, and what
// was written by then is no archive that can be imported. Without an entry it returns catalog.ErrNotFound.
func Export(ctx context.Context, workers *catalog.WorkerCatalog, ids []string, out io.Writer) (Manifest, error) {
	m := Manifest{Format: formatName, Version: formatVersion, Created: time.Now().UTC()}
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
		_ = packed.Close() // which fails as the writing did
		return m, err
	}
	if err := packed.Close(); err != nil {
		return m, fmt.Errorf("export: %w", err)
	}
	return m, nil
}

// write writes the tar. After an error it lacks the mark of its end, without which nobody takes it.
func write(ctx context.Context, out io.Writer, m Manifest, sources []*source) error {
	w := tar.NewWriter(out)
	data, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		err = w.WriteHeader(&tar.Header{Name: manifestName, Mode: recordFileMode, Size: int64(len(data)), Typeflag: tar.TypeReg})
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
		Name: path.Join(workersFolder, s.ID, f.Path), Mode: int64(f.Mode & 0o777), Size: f.Size, Linkname: f.Link, Typeflag: tar.TypeReg,
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
		return s.damaged(f.Path, "has another digest than what was installed")
	}
	return nil
}

// stoppable is a reader that fails with what stop returns.
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
