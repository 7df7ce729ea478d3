package transfer

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestGet_downloadsTheWholeFileAndReportsProgress(t *testing.T) {
	s := serve(t, payloadOf(3<<20))
	req := s.request(t)
	req.Size = int64(len(s.content))
	var last, total int64
	req.OnProgress = func(p Progress) {
		require.Equal(t, "w.tar.gz.part", p.Path)
		require.GreaterOrEqual(t, p.Settled, last)
		require.LessOrEqual(t, p.Settled, p.Done)
		last, total = p.Settled, p.Total
	}
	result, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, Result{Path: filepath.Join(req.Dir, req.Name), Size: 3 << 20}, result)
	require.Equal(t, []int64{3 << 20, 3 << 20}, []int64{last, total})
	requireFile(t, req, s.content)
}

func TestGet_keepsAFinishedFileOnlyByItsDigest(t *testing.T) {
	s := serve(t, payloadOf(4096))
	req := s.request(t)
	path := filepath.Join(req.Dir, req.Name)
	req.Digest = digestOf(s.content)
	require.NoError(t, os.WriteFile(path, s.content, 0o600))
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	require.Empty(t, s.requests())

	require.NoError(t, os.WriteFile(path, []byte("stale"), 0o600))
	_, err = quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, s.content)
}

func TestGet_refusesAFileOfAnotherSize(t *testing.T) {
	s := serve(t, payloadOf(4096))
	chunked := func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(s.content)
		return true
	}
	for name, c := range map[string]struct {
		size, limit int64
		broken      func(int, http.ResponseWriter, *http.Request) bool
	}{
		"smaller than on the server": {size: 4095},
		"larger than on the server":  {size: 4097},
		"over the limit":             {limit: 4095},
		"announced over the limit":   {size: 4096, limit: 4095},
		"endless":                    {limit: 4095, broken: chunked},
		"longer than announced":      {size: 4000, broken: chunked},
	} {
		t.Run(name, func(t *testing.T) {
			s.broken = c.broken
			req := s.request(t)
			req.Size, req.MaxSize = c.size, c.limit
			_, err := quick.Get(t.Context(), req)
			requireKind(t, provisioner.BadPayload, err)
			require.NoFileExists(t, filepath.Join(req.Dir, req.Name))
		})
	}
}

func TestGet_refusesAnEncodingThatItDidNotAskFor(t *testing.T) {
	s := serve(t, payloadOf(4096))
	s.broken = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Encoding", "gzip")
		return false
	}
	_, err := quick.Get(t.Context(), s.request(t))
	requireKind(t, provisioner.BadPayload, err)
}

func TestGet_refusesNamesAndAddressesThatLeadElsewhere(t *testing.T) {
	s := serve(t, payloadOf(16))
	for _, name := range []string{"", ".", "..", "../w", "a/b", `a\b`, "c:w", "w\x00"} {
		req := s.request(t)
		req.Name = name
		_, err := quick.Get(t.Context(), req)
		requireKind(t, provisioner.BadPayload, err)
	}
	for _, address := range []string{"", "file:///etc/passwd", "http://", "::"} {
		_, err := quick.Get(t.Context(), Request{URL: address, Dir: t.TempDir(), Name: "w"})
		requireKind(t, provisioner.InvalidConfig, err)
	}
	require.Empty(t, s.requests())
}
