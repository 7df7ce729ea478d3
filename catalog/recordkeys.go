package catalog

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/rbee-keeper/provision/catalog/files"
	"github.com/rbee-keeper/provision/catalog/internal/record"
)

// workerKeys are the keys of a worker's record in the Rust hive's dialect, in alphabetical order.
var workerKeys = []string{
	"added_at", "artifact.added_at", "artifact.id", "artifact.path", "artifact.platform", "artifact.size",
	"artifact.status",
	"artifact.version", "artifact.worker_type", "last_accessed",
}

// RecordLacks lists the keys that the record of an entry should have and lacks, though it can be read without them:
// damage to a key leaves one that nobody knows. Those of the artifact stand behind "artifact.". The error is that of
// reading the record.
func (c *WorkerCatalog) RecordLacks(id string) ([]string, error) {
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := files.Read(root, filepath.Join(c.folderOf(id), RecordFile), record.MaxSize)
	if err != nil {
		return nil, err
	}
	have, err := record.Keys(data)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(workerKeys), func(key string) bool { return slices.Contains(have, key) }), nil
}
