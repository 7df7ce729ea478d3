package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rbee-keeper/provision/catalog/internal/record"
	"github.com/stretchr/testify/require"
)

func TestRecordLacks_isEmptyForOurRecords(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	commit(t, c, w, "worker")
	keys, err := record.Keys([]byte(recordOf(t, c, w.ID)))
	require.NoError(t, err)
	require.Equal(t, workerKeys, keys)
	lacks, err := c.RecordLacks(w.ID)
	require.NoError(t, err)
	require.Empty(t, lacks)
}

func TestRecordLacks_listsADamagedKey(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	commit(t, c, w, "worker")
	data := recordOf(t, c, w.ID)
	for key, lacking := range map[string][]string{
		"status": {"artifact.status"}, "last_accessed": {"last_accessed"}, "added_at": {"added_at", "artifact.added_at"},
	} {
		damaged := strings.ReplaceAll(data, `"`+key+`"`, `"x`+key[1:]+`"`)
		require.NoError(t, os.WriteFile(filepath.Join(c.WorkerPath(w.ID), RecordFile), []byte(damaged), 0o644))
		lacks, err := c.RecordLacks(w.ID)
		require.NoError(t, err, key)
		require.ElementsMatch(t, lacking, lacks)
	}
}
