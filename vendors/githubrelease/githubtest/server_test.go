package githubtest

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// get asks for address with headers, given as name and value in turn.
func get(t *testing.T, address string, header ...string) (*http.Response, string) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func TestServerAnswersLikeGitHub(t *testing.T) {
	s := Start()
	defer s.Close()
	asset := Asset{Name: "tool", Content: []byte("0123456789")}
	s.Publish("acme/tool", Release{Tag: "v1", Assets: []Asset{asset}})
	s.Publish("acme/tool", Release{Tag: "v2"})
	list := s.URL() + "repos/acme/tool/releases?per_page=1"

	first, body := get(t, list)
	require.Contains(t, body, `"tag_name":"v2"`)
	require.Contains(t, first.Header.Get("Link"), `page=2>; rel="next"`)
	unchanged, _ := get(t, list, "If-None-Match", first.Header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, unchanged.StatusCode)
	require.Equal(t, first.Header.Get("X-RateLimit-Remaining"), unchanged.Header.Get("X-RateLimit-Remaining"),
		"it is not counted")
	require.Equal(t, hourlyLimit-1, s.Remaining())
	second, body := get(t, list+"&page=2")
	require.NotEqual(t, first.Header.Get("ETag"), second.Header.Get("ETag"), "each page has its own")
	require.Equal(t, strconv.Itoa(hourlyLimit-2), second.Header.Get("X-RateLimit-Remaining"))
	require.Contains(t, body, `"digest":"sha256:84d89877`)
	require.Empty(t, second.Header.Get("Link"))

	for _, address := range []string{"repos/acme/tool/releases/assets/1", "acme/tool/releases/download/v1/tool"} {
		part, body := get(t, s.URL()+address, "Accept", "application/octet-stream", "Range", "bytes=4-6")
		require.Equal(t, http.StatusPartialContent, part.StatusCode)
		require.Equal(t, "456", body)
		require.False(t, strings.HasPrefix(s.URL(), "http://"+part.Request.URL.Host), "served by the API's own host")
	}
	missing, _ := get(t, s.URL()+"repos/acme/other/releases")
	require.Equal(t, http.StatusNotFound, missing.StatusCode)
}

func TestPrivateRepositoriesAreSeenWithTheTokenAlone(t *testing.T) {
	s := Start()
	s.Token = "secret"
	defer s.Close()
	s.Publish("acme/tool", Release{Tag: "v1", Assets: []Asset{{Name: "tool"}}})
	s.Rename("acme/tool", "acme/instrument")
	for path, want := range map[string][3]int{ // without a token, with a wrong one, with the right one
		"repos/acme/instrument/releases":            {404, 401, 200},
		"repos/acme/tool/releases":                  {404, 401, 200}, // by a redirect
		"acme/instrument/releases/download/v1/tool": {404, 404, 404},
	} {
		for i, auth := range []string{"", "Bearer wrong", "Bearer secret"} {
			resp, _ := get(t, s.URL()+path, "Authorization", auth)
			require.Equal(t, want[i], resp.StatusCode, "%s %q", path, auth)
		}
	}
}
