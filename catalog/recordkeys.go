package catalog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
)

// workerKeys are the keys of a worker's record in the original's dialect, in alphabetical order.
var workerKeys = []string{
	"added_at", "artifact.added_at", "artifact.id", "artifact.path", "artifact.platform", "artifact.size", "artifact.status",
	"artifact.version", "artifact.worker_type", "last_accessed",
}

// RecordLacks lists the keys that the record of an entry should have and lacks, though it can be read without them: damage to a key
// leaves one that nobody knows. Those of the artifact stand behind "artifact.". The error is that of reading the record.
func (c *WorkerCatalog) RecordLacks(id string) ([]string, error) {
	root, err := os.OpenRoot(c.dir())
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := readFile(root, filepath.Join(c.folderOf(id), RecordFile), maxRecordSize)
	if err != nil {
		return nil, err
	}
	have, err := recordKeys(data)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(workerKeys), func(key string) bool { return slices.Contains(have, key) }), nil
}

// recordKeys are the keys of a record in snake case, in alphabetical order.
func recordKeys(data []byte) ([]string, error) {
	var outer map[string]json.RawMessage
	if err := json.Unmarshal(data, &outer); err != nil {
		return nil, err
	}
	var keys []string
	for key := range outer {
		if key != "artifact" {
			keys = append(keys, snakeCase(key))
		}
	}
	fields, err := parseRecord(data)
	for key := range fields {
		keys = append(keys, "artifact."+key)
	}
	slices.Sort(keys)
	return keys, err
}
