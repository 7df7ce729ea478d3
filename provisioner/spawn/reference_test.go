package spawn

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

var referenceDir string // made by the first test that needs it; TestMain removes it

var buildReference = sync.OnceValues(func() (path string, err error) {
	if referenceDir, err = os.MkdirTemp("", "reference-"); err != nil {
		return "", err
	}
	path = filepath.Join(referenceDir, "worker"+exeSuffix())
	cmd := exec.Command("go", "build", "-o", path, "github.com/rbee-keeper/provision/vendors/localbuild/reference")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
})

func TestTheReferenceWorkerTellsTheQueenByItself(t *testing.T) {
	t.Parallel()
	path, err := buildReference()
	require.NoError(t, err)
	h := newHiveOf(t, path, catalog.Provenance{Contract: "rbee", Fallback: true})
	q := newQueen(t)
	w := h.mustStart(t, Options{QueenURL: q.URL, Verify: true})
	response, err := http.Get(w.Info().URL + "/health")
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, `{"status":"healthy"}`, string(body))
	for _, status := range []string{starting, ready} {
		told := q.next(t)
		require.Equal(t, status, told["status"])
		require.Equal(t, w.Info().ID, told["id"], "it learns its ID, though the template doesn't tell it")
		require.Equal(t, float64(w.Info().Port), told["port"])
	}
	require.NoError(t, w.Stop(t.Context()))
	if runtime.GOOS != "windows" { // where a test may have no console to send Ctrl-Break through
		require.Equal(t, stopping, q.next(t)["status"])
		require.Equal(t, stopped, q.next(t)["status"])
	}
	h.requireFree(t)
}

func TestTheReferenceWorkerStartsWithoutAQueenAndRefusesAModel(t *testing.T) {
	t.Parallel()
	path, err := buildReference()
	require.NoError(t, err)
	h := newHiveOf(t, path, catalog.Provenance{Contract: "rbee", Fallback: true})
	w := h.mustStart(t, Options{})
	require.NoError(t, w.Stop(t.Context()))
	_, err = h.start(t, Options{Model: "llama.gguf"})
	require.ErrorIs(t, err, ErrNoModel)
}
