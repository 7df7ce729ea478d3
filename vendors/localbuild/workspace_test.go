package localbuild

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestFetch_runsOneBuildOfAProjectAtATime(t *testing.T) {
	t.Parallel()
	skipOnWindows(t)
	dir := cFolder(t)
	q := query(t, with{"source": "dir", "dir": dir, "builder": "make", "targets": []string{"worker"},
		"variables": with{"VERSION": "1"}})
	first, second := request(t, q), request(t, q)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, req := range []provisioner.FetchRequest{first, second} {
		wg.Go(func() { _, errs[i] = New().Fetch(t.Context(), req) })
	}
	wg.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	name := "cpu-llm-worker-rbee"
	require.Equal(t, "made 1", run(t, filepath.Join(first.Dir, name)))
	require.Equal(t, sum(t, filepath.Join(first.Dir, name)), sum(t, filepath.Join(second.Dir, name)))
}
