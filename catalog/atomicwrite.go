package catalog

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
)

// writeFile puts a whole file in place at once: readers see the old one or the new one, also after a crash.
func writeFile(root *os.Root, name string, data []byte) error {
	dir, base := filepath.Split(name)
	temp := dir + "." + base + "." + rand.Text()
	if err := writeSynced(root, temp, data); err != nil {
		_ = root.Remove(temp)
		return err
	}
	if err := root.Rename(temp, name); err != nil {
		_ = root.Remove(temp)
		return err
	}
	return SyncFolder(filepath.Join(root.Name(), dir))
}

func writeSynced(root *os.Root, name string, data []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
