package githubrelease

import (
	"crypto/sha256"
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
		Phase: provisioner.Downloading, File: fetched.Files[0], Done: size, Total: size, Path: fetched.Files[0] + ".part", Settled: size,
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
	require.Equal(t, []string{"llama-b1-bin-win-cuda-12.4-x64.zip", "cudart-llama-bin-win-cuda-12.4-x64.zip"}, fetched.Files)
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

func TestFetchResumesWhatAnEarlierProcessLeft(t *testing.T) {
	s := startGitHub(t)
	big := githubtest.Asset{Name: "tool-linux-amd64", Content: make([]byte, 1<<20)}
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{big}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	_, err := quickSource().Fetch(t.Context(), req)
	require.NoError(t, err)
	etag := `"` + req.Release.Files[0].Digest.Hex() + `"`
	note := `{"url":"` + s.URL() + `repos/acme/tool/releases/assets/1","validator":` + jsonString(etag) + `,"total":1048576}`
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
	req.Release.Ref = `[{"id":99,"url":""}]`
	_, err := quickSource().Fetch(t.Context(), req)
	requireKind(t, provisioner.NotFound, err)
}

func TestFetchRefusesAReferenceThatItDidNotMake(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	req := fetchRequest(t, s, queryFor(s.URL()))
	for _, ref := range []string{"", "[]", "{}", `[{"id":1},{"id":2}]`} {
		req.Release.Ref = ref
		_, err := quickSource().Fetch(t.Context(), req)
		require.Error(t, err, ref)
	}
}
