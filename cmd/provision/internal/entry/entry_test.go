package entry

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
)

// newSession returns a session with a catalog of its own that holds one worker, the ID of that worker, and what is
// printed.
func newSession(t *testing.T) (s *cli.Session, id string, stdout *bytes.Buffer) {
	t.Helper()
	stdout = &bytes.Buffer{}
	s = &cli.Session{Output: report.Output{Stdout: stdout, Stderr: &bytes.Buffer{}, JSON: true}, CacheDir: t.TempDir()}
	workers, err := s.Catalog()
	require.NoError(t, err)
	id = catalog.ID{
		Type: catalog.CpuLlm, Version: catalog.MustVersion("1.0.0"),
		Platform: catalog.Current(), Arch: catalog.CurrentArch(),
	}.String()
	dir, err := workers.EntryDir(id)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	path := filepath.Join(dir, "worker")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755))
	require.NoError(t, workers.Add(t.Context(), catalog.NewWorkerBinary(id, catalog.CpuLlm, catalog.Current(), path, 10,
		"1.0.0")))
	return s, id, stdout
}

func TestList_printsEntriesAndTheirStatus(t *testing.T) {
	t.Parallel()
	s, id, stdout := newSession(t)
	require.NoError(t, (&Mark{Session: s, Bad: true, Reason: "crashes"}).Run(t.Context(), id))
	stdout.Reset()
	require.NoError(t, (&List{s}).Run())
	var answer struct {
		Schema  int
		Workers []struct {
			ID     string
			Status json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &answer))
	require.Equal(t, report.Schema, answer.Schema)
	require.Len(t, answer.Workers, 1)
	require.Equal(t, id, answer.Workers[0].ID)
	require.Contains(t, string(answer.Workers[0].Status), "marked bad: crashes")
}

func TestMark_wantsEitherBadOrGood(t *testing.T) {
	t.Parallel()
	s, id, _ := newSession(t)
	require.ErrorContains(t, (&Mark{Session: s}).Run(t.Context(), id), "want either --bad or --good")
	err := (&Mark{Session: s, Good: true, Reason: "x"}).Run(t.Context(), id)
	require.ErrorContains(t, err, "--reason goes with --bad")
	require.NoError(t, (&Mark{Session: s, Good: true}).Run(t.Context(), id))
}

func TestRemove_removesAndReportsIDs(t *testing.T) {
	t.Parallel()
	s, id, stdout := newSession(t)
	require.NoError(t, (&Remove{s}).Run(t.Context(), []string{id}))
	require.Contains(t, stdout.String(), id)
	require.ErrorIs(t, (&Remove{s}).Run(t.Context(), []string{id}), catalog.ErrNotFound)
}

func TestVerify_reportsEveryEntry(t *testing.T) {
	t.Parallel()
	s, id, stdout := newSession(t)
	require.NoError(t, (&Verify{Session: s}).Run(t.Context(), nil))
	require.Contains(t, stdout.String(), `"id": "`+id+`"`)
	require.Contains(t, stdout.String(), `"ok": true`)
}
