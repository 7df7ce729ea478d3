package transfer

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkGet downloads a large file over loopback, and from a server that is 50 ms away and sends 20 MB/s per
// connection.
func BenchmarkGet(b *testing.B) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 256<<20/16)
	for _, afar := range []bool{false, true} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"one"`)
			if afar {
				time.Sleep(50 * time.Millisecond)
				w = &slowWriter{w, time.Now(), 0, 20e6}
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		}))
		for _, connections := range []int{1, 16} {
			if afar && connections == 1 {
				continue // 13 s, at 20 MB/s
			}
			b.Run(fmt.Sprintf("afar=%t/connections=%d", afar, connections), func(b *testing.B) {
				b.SetBytes(int64(len(content)))
				req := Request{URL: s.URL, Dir: b.TempDir(), Name: "w"}
				for b.Loop() {
					_, err := Client{Connections: connections}.Get(b.Context(), req)
					require.NoError(b, err)
					require.NoError(b, os.Remove(filepath.Join(req.Dir, req.Name)))
				}
			})
		}
		s.Close()
	}
}

// slowWriter sends rate bytes a second.
type slowWriter struct {
	http.ResponseWriter
	began time.Time
	sent  int64
	rate  int64
}

func (w *slowWriter) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		var some int
		some, err = w.ResponseWriter.Write(b[:min(len(b), 16<<10)])
		n, b = n+some, b[some:]
		w.sent += int64(some)
		time.Sleep(time.Until(w.began.Add(time.Duration(w.sent) * time.Second / time.Duration(w.rate))))
	}
	return n, err
}
