package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/rbee-keeper/provision/catalog"
)

// openRegular opens a regular file, where any other might block. It follows links.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	return os.Open(path)
}

// readSmall reads a regular file of at most limit bytes.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("larger than %d bytes", limit)
	}
	return data, err
}

// digestOf reads a whole file, whatever its offset is.
func digestOf(f *os.File) (catalog.Digest, error) {
	h := catalog.Digest("sha256:").Hash()
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, 1<<62)); err != nil {
		return "", err
	}
	return catalog.DigestOf(h), nil
}
