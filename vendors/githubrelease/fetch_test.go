package githubrelease

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// fetchRequest resolves the one release of s, as a request to fetch it.
func fetchRequest(t *testing.T, s *githubtest.Server, query provisioner.Query) provisioner.FetchRequest {
	r, err := quickSource().Resolve(t.Context(), query)
	require.NoError(t, err)
	require.Len(t, r.Releases, 1)
	return provisioner.FetchRequest{Query: query, Release: r.Releases[0], Dir: t.TempDir()}
}

// asked reports whether a request that begins so was made.
func asked(s *githubtest.Server, prefix string) bool {
	for _, request := range s.Requests() {
		if strings.HasPrefix(request, prefix) {
			return true
		}
	}
	return false
}

func TestFetchBringsTheBytesThatWerePublished(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	var last provisioner.Progress
	req.OnProgress = func(p provisioner.Progress) { last = p }
	fetched, err := quickSource().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, []string{"tool-linux-amd64"}, fetched.Files)
	data, err := os.ReadFile(filepath.Join(req.Dir, fetched.Files[0]))
	require.NoError(t, err)
	sum := sha256.New()
	sum.Write(data)
	require.Equal(t, req.Release.Files[0].Digest, catalog.DigestOf(sum))
	size := int64(len(data))
	require.Equal(t, provisioner.Progress{
		Phase: provisioner.Downloading, File: fetched.Files[0], Done: size, Total: size, Path: fetched.Files[0] + ".part",
		Settled: size,
	}, last)
	for key, want := range map[string]string{"repo": repo, "tag": "v1.0.0", "asset": "tool-linux-amd64"} {
		require.Equal(t, want, fetched.Details[key])
	}
	require.True(t, strings.HasPrefix(fetched.Details["url"], s.URL()))
	require.NotContains(t, fetched.Details["url"], "?")
}

func TestFetchBringsCompanionsBesideTheMainFile(t *testing.T) {
	s := startGitHub(t)
	var assets []githubtest.Asset
	for _, name := range []string{"cudart-llama-bin-win-cuda-12.4-x64.zip", "cudart-llama-bin-win-cuda-13.4-x64.zip",
		"llama-b1-bin-win-cuda-12.4-x64.zip", "llama-b1-bin-win-cpu-x64.zip"} {
		assets = append(assets, githubtest.Asset{Name: name, Content: []byte(name)})
	}
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: assets})
	query := queryFor(s.URL())
	query.Type, query.Platform = catalog.CudaLlm, catalog.Windows
	req := fetchRequest(t, s, query)
	fetched, err := quickSource().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, []string{"llama-b1-bin-win-cuda-12.4-x64.zip", "cudart-llama-bin-win-cuda-12.4-x64.zip"},
		fetched.Files)
	for _, name := range fetched.Files {
		data, err := os.ReadFile(filepath.Join(req.Dir, name))
		require.NoError(t, err)
		require.Equal(t, name, string(data))
	}
	require.NotEmpty(t, fetched.Details["url_1"])
}

func TestFetchOfAPrivateFileSendsTheTokenToTheAPIAlone(t *testing.T) {
	s := startGitHub(t)
	s.Token = "secret"
	t.Setenv("GH_TOKEN", "secret")
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	fetched, err := quickSource().Fetch(t.Context(), req) // the storage refuses a request with a token
	require.NoError(t, err)
	require.True(t, asked(s, "GET /repos/acme/tool/releases/assets/"))
	for _, detail := range fetched.Details {
		require.NotContains(t, detail, "secret")
	}
	require.NotContains(t, req.Release.Ref, "secret")
}

func TestFetchSurvivesTheAPIsRateLimit(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	s.LimitUntil(time.Now().Add(time.Hour))
	fetched, err := quickSource().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Contains(t, fetched.Details["url"], "/releases/download/v1.0.0/")
}

func TestFetchSparesTheAPI(t *testing.T) {
	s := startGitHub(t)
	t.Setenv("GITHUB_TOKEN", "secret") // which would open the API's way too
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	_, err := quickSource().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.False(t, asked(s, "GET /repos/acme/tool/releases/assets/"))
}

// TestFetchIsNotTakenInByAPageForSigningIn is what a private GitHub Enterprise answers to those without a session.
func TestFetchIsNotTakenInByAPageForSigningIn(t *testing.T) {
	s := startGitHub(t)
	sums := githubtest.Asset{Name: "SHA256SUMS", Content: []byte("x")}
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64"), sums}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	wall := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			_, _ = w.Write(make([]byte, req.Release.Files[0].Size))
		} else {
			http.Redirect(w, r, "/login?return_to=x", http.StatusFound)
		}
	}))
	defer wall.Close()
	req.Release.Ref = `{"files":[{"id":1,"url":"` + wall.URL + `/tool"}]}`
	fetched, err := quickSource().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Contains(t, fetched.Details["url"], "/releases/assets/1")

	set, err := parseSettings(req.Query)
	require.NoError(t, err)
	data, err := quickSource().newAPI(set, "").download(t.Context(),
		asset{ID: 2, Name: "SHA256SUMS", BrowserURL: wall.URL + "/sums"})
	require.NoError(t, err)
	require.Equal(t, "x", string(data))
}

func TestFetchHoldsTheAPIsDigestAgainstTheChecksumFile(t *testing.T) {
	right := sha256Of(tool("linux-amd64").Content)
	wrong, wrong512 := strings.Repeat("ab", 32), strings.Repeat("ab", 64)
	for name, c := range map[string]struct {
		file, content string
		kind          provisioner.Kind // "" is none
	}{
		"they agree":                 {"SHA256SUMS", right + "  tool-linux-amd64\n", ""},
		"they agree, in a sidecar":   {"tool-linux-amd64.sha256", right, ""},
		"they contradict":            {"SHA256SUMS", wrong + "  tool-linux-amd64\n", provisioner.DigestMismatch},
		"the sidecar contradicts":    {"tool-linux-amd64.sha256", wrong, provisioner.DigestMismatch},
		"another algorithm disputes": {"checksums.txt", wrong512 + "  tool-linux-amd64\n", provisioner.DigestMismatch},
		"the asset is left out":      {"checksums.txt", right + "  tool\n", provisioner.Unverified},
		"a sidecar of another name":  {"tool-linux-amd64.sha256", right + "  other\n", provisioner.Unverified},
		"a weak sum says nothing":    {"checksums.txt", "d41d8cd98f00b204e9800998ecf8427e  tool-linux-amd64\n", ""},
		"two sums of one name": {"checksums.txt", right + "  tool-linux-amd64\n" + wrong + "  tool-linux-amd64\n",
			provisioner.Unverified},
	} {
		t.Run(name, func(t *testing.T) {
			s := startGitHub(t)
			file := githubtest.Asset{Name: c.file, Content: []byte(c.content)}
			s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64"), file}})
			req := fetchRequest(t, s, queryFor(s.URL()))
			require.False(t, asked(s, "GET /acme/tool/releases/download/v1.0.0/"+c.file),
				"resolving needs no checksum file here")
			_, err := quickSource().Fetch(t.Context(), req)
			if c.kind == "" {
				require.NoError(t, err)
				return
			}
			requireKind(t, c.kind, err)
		})
	}
}

func sha256Of(content []byte) string {
	h := sha256.New()
	h.Write(content)
	return catalog.DigestOf(h).Hex()
}

// TestFetchTellsWhyAChecksumFileCanNotBeHad: the error is that of the first address, as for the asset itself.
func TestFetchTellsWhyAChecksumFileCanNotBeHad(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	for status, kind := range map[int]provisioner.Kind{
		401: provisioner.Unauthorized, 403: provisioner.Unauthorized, 404: provisioner.NotFound, 429: provisioner.RateLimited,
		418: provisioner.Unreachable,
	} {
		files := httptest.NewServer(answer(status, "no"))
		req.Release.Ref = `{"files":[{"id":1,"url":""}],"checksums":[{"id":99,"name":"SHA256SUMS","url":"` +
			files.URL + `/SHA256SUMS"}]}`
		_, err := quickSource().Fetch(t.Context(), req)
		files.Close()
		requireKind(t, kind, err)
	}
}

func TestFetchResumesWhatAnEarlierProcessLeft(t *testing.T) {
	s := startGitHub(t)
	big := githubtest.Asset{Name: "tool-linux-amd64", Content: make([]byte, 1<<20)}
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{big}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	_, err := quickSource().Fetch(t.Context(), req)
	require.NoError(t, err)
	etag := `"` + req.Release.Files[0].Digest.Hex() + `"`
	note := `{"url":"` + s.URL() + `acme/tool/releases/download/v1.0.0/tool-linux-amd64","validator":` +
		jsonString(etag) + `,"total":1048576}`
	path := filepath.Join(req.Dir, "tool-linux-amd64")
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.WriteFile(path+".part", make([]byte, 1000), 0o600))
	require.NoError(t, os.WriteFile(path+".part.json", []byte(note), 0o600))
	_, err = quickSource().Fetch(t.Context(), req)
	require.NoError(t, err)
	require.True(t, asked(s, "storage GET /1 bytes=1000-"), s.Requests())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, big.Content, data)
}

func jsonString(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

func TestFetchTellsOfAFileThatIsGone(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	req.Release.Ref = `{"files":[{"id":99,"url":""}]}`
	_, err := quickSource().Fetch(t.Context(), req)
	requireKind(t, provisioner.NotFound, err)
}

func TestFetchRefusesAReferenceThatItDidNotMake(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	for _, ref := range []string{"", "[]", "{}", `{"files":[{"id":1},{"id":2}]}`} {
		req.Release.Ref = ref
		_, err := quickSource().Fetch(t.Context(), req)
		require.Error(t, err, ref)
	}
}
