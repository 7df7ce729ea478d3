package transfer

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/vendors/transfer/internal/chunk"
	"github.com/rbee-keeper/provision/vendors/transfer/internal/partial"
)

// downloadUntil runs a process that downloads the file of s into dir, and kills it when done returns true.
func downloadUntil(t *testing.T, s *fileServer, dir string, done func(have, settled int64) bool) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "TRANSFER_TEST_URL="+s.URL+"/file", "TRANSFER_TEST_DIR="+dir)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var have, settled int64
		_, err := fmt.Sscan(lines.Text(), &have, &settled)
		require.NoError(t, err)
		if done(have, settled) {
			break
		}
	}
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait(), "it ended before it was killed")
}

// requireTrueState returns the bytes that the state in dir lists, and checks that they are those of the file.
func requireTrueState(t *testing.T, dir string, content []byte) (have []chunk.Span) {
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	got, err := root.ReadFile("w.part")
	require.NoError(t, err)
	part, err := partial.Open(root, "w")
	require.NoError(t, err)
	defer part.Close()
	have, ok := part.State.Spans(int64(len(got)))
	require.True(t, ok)
	for _, s := range have {
		require.True(t, bytes.Equal(content[s.From:s.To], got[s.From:s.To]), "bytes %d to %d were not written",
			s.From, s.To)
	}
	return have
}

func TestGet_resumesInAnotherProcessAfterOneWasKilled(t *testing.T) {
	t.Parallel()
	s := serve(t, payloadOf(1<<20))
	s.breaks(func(_ int, w http.ResponseWriter, r *http.Request) bool { // offers no ranges, so there is one connection
		w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
		_, _ = w.Write(s.content[:700_000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	req := Request{URL: s.URL + "/file", Dir: t.TempDir(), Name: "w"}
	downloadUntil(t, s, req.Dir, func(have, settled int64) bool {
		require.Equal(t, have, settled)
		return have == 700_000
	})
	require.Equal(t, []chunk.Span{span(0, 700_000)}, requireTrueState(t, req.Dir, s.content))
	s.mend()
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, int64(700_000), result.Resumed)
	requireFile(t, req, s.content)
}

func TestGet_resumesSeveralConnectionsAfterProcessesWereKilled(t *testing.T) {
	t.Parallel()
	s := serve(t, payloadOf(8<<20))
	s.breaks(func(_ int, w http.ResponseWriter, r *http.Request) bool {
		http.ServeContent(&slowWriter{w, time.Now(), 0, 500e3}, r, "", time.Time{}, bytes.NewReader(s.content))
		return true
	})
	req := Request{URL: s.URL + "/file", Dir: t.TempDir(), Name: "w"}
	left := int64(0)
	for _, more := range []int64{0, 1, 500_000, 1_000_000} {
		downloadUntil(t, s, req.Dir, func(have, _ int64) bool { return have >= left+more })
		left = 0
		for _, have := range requireTrueState(t, req.Dir, s.content) {
			left += have.To - have.From
		}
	}
	require.Positive(t, left)
	s.mend()
	requireSettled(t, &req, s.content)
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, left, result.Resumed)
	requireFile(t, req, s.content)
	require.NoFileExists(t, filepath.Join(req.Dir, "w.part.json"))
}
