package transfer

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGet_asksForChunksAtTheRedirectedAddress(t *testing.T) {
	storage := serve(t, payloadOf(1<<20))
	storage.joined(8, nil)
	api := serve(t, nil)
	api.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, storage.URL+"/bytes?signature=secret", http.StatusFound)
		return true
	}
	req := api.request(t)
	req.Authorization = "Bearer secret"
	_, err := swift.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, storage.content)
	require.Len(t, api.requests(), 1)
	require.NotEmpty(t, storage.ranged())
	for _, h := range storage.requests() {
		require.Empty(t, h.Get("Authorization"))
	}
}

func TestGet_returnsToTheGivenAddressWhenTheSignedOneExpires(t *testing.T) {
	storage := serve(t, payloadOf(1<<20))
	h := waitFor(8)
	var mu sync.Mutex
	used := map[string]bool{}
	storage.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		expired := used[r.URL.RawQuery]
		used[r.URL.RawQuery] = true
		mu.Unlock()
		switch {
		case expired:
			w.WriteHeader(http.StatusForbidden)
		case r.Header.Get("Range") == "":
			h.serve(w, r, storage.content)
		default:
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(storage.content))
			h.answered()
		}
		return true
	}
	api := serve(t, nil)
	api.broken = func(n int, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, fmt.Sprintf("%s/bytes?signature=secret%d", storage.URL, n), http.StatusFound)
		return true
	}
	req := api.request(t)
	req.Authorization = "Bearer secret"
	_, err := swift.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, storage.content)
	require.GreaterOrEqual(t, len(api.requests()), 9)
	for _, h := range api.requests() {
		require.Equal(t, "Bearer secret", h.Get("Authorization"))
	}
	for _, h := range storage.requests() {
		require.Empty(t, h.Get("Authorization"))
	}
}

func TestGet_keepsAuthorizationWithItsHostAndPort(t *testing.T) {
	storage := serve(t, payloadOf(4096))
	api := serve(t, nil)
	api.broken = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/moved") {
			http.Redirect(w, r, api.URL+"/moved", http.StatusFound)
		} else {
			http.Redirect(w, r, storage.URL+"/bytes?signature=secret", http.StatusFound)
		}
		return true
	}
	req := api.request(t)
	req.Authorization = "Bearer secret"
	req.Header = http.Header{"Accept": {"application/octet-stream"}}
	_, err := quick.Get(t.Context(), req)
	require.NoError(t, err)
	requireFile(t, req, storage.content)
	for _, header := range api.requests() {
		require.Equal(t, "Bearer secret", header.Get("Authorization"))
	}
	require.Len(t, storage.requests(), 1)
	require.Empty(t, storage.requests()[0].Get("Authorization"))
	require.Empty(t, storage.requests()[0].Get("Referer"))
	require.Equal(t, "application/octet-stream", storage.requests()[0].Get("Accept"))
}
