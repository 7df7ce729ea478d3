package githubrelease

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// corpusTags are the projects whose tags the default pattern does not read.
var corpusTags = map[string]string{
	"ggml-org/llama.cpp": `b(?P<version>\d+)|v(?P<pointer>\d.*)`, "PrismML-Eng/llama.cpp": `prism-b(?P<version>\d+)-.*`,
	"unslothai/llama.cpp": `b(?P<version>\d+)-mix-.*`, "leejet/stable-diffusion.cpp": `master-(?P<version>\d+)-.*`,
}

// corpusRelease is a real release: its asset names, and for "type/os/arch" the asset that is right; null where none is.
type corpusRelease struct {
	Project    string              `json:"project"`
	Tag        string              `json:"tag"`
	Assets     []string            `json:"assets"`
	Expect     map[string]*string  `json:"expect"`
	ExpectHost map[string]*string  `json:"expect_host"`
	Companions map[string][]string `json:"companions"`
}

// assumedHost is the machine that the corpus's expectations are for.
var assumedHost = map[string]string{
	"libc": "glibc", "glibc": "2.39", "cpu": "x86-64-v3", "driver": "580.65", "cuda": "13.4", "sm": "89",
}

func corpus(t *testing.T) (releases []corpusRelease) {
	data, err := os.ReadFile("assetname/testdata/release-assets.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &releases))
	require.Len(t, releases, 18)
	return releases
}

// splitKey splits "type/os/arch;fact=value;…".
func splitKey(key string) (target, facts string) {
	target, facts, _ = strings.Cut(key, ";")
	return target, facts
}

// corpusHost is the assumed host with other facts.
func corpusHost(facts string) map[string]string {
	host := maps.Clone(assumedHost)
	for fact := range strings.SplitSeq(facts, ";") {
		name, value, _ := strings.Cut(fact, "=")
		if name == "driver" || name == "cuda" {
			delete(host, "driver")
			delete(host, "cuda")
		}
		host[name] = value
	}
	return host
}

// publish starts a GitHub with the one release, each asset of which holds its own name; checksum files hold the others'
// sums.
func (r corpusRelease) publish(t *testing.T) *githubtest.Server {
	s := startGitHub(t)
	release := githubtest.Release{Tag: r.Tag, Prerelease: true}
	for _, name := range r.Assets {
		content := []byte(name)
		if checksumName().MatchString(name) {
			content = r.sums()
		}
		release.Assets = append(release.Assets, githubtest.Asset{Name: name, Content: content})
	}
	s.Publish(r.Project, release)
	return s
}

// sums is a checksum file of all assets.
func (r corpusRelease) sums() (text []byte) {
	for _, name := range r.Assets {
		text = fmt.Appendf(text, "%s  ./%s\n", sha256Of([]byte(name)), name)
	}
	return text
}

// query is what a source that is configured with nothing but the repository and its tags is asked.
func (r corpusRelease) query(t *testing.T, s *githubtest.Server, target, facts string) provisioner.Query {
	query := queryFor(s.URL())
	parts := strings.Split(target, "/")
	query.Type, query.Platform, query.Arch = catalog.WorkerType(parts[0]), catalog.Platform(parts[1]),
		catalog.Arch(parts[2])
	if parts[1] == "darwin" {
		query.Platform = catalog.MacOS
	}
	query.Host = provisioner.HostOf(corpusHost(facts))
	with := map[string]any{"repo": r.Project, "prerelease": true}
	if tag := corpusTags[r.Project]; tag != "" {
		with["tag"] = tag
	}
	var err error
	query.With, err = json.Marshal(with)
	require.NoError(t, err)
	return query
}

// TestCorpusOverHTTP resolves and fetches each release of the corpus, for each machine that it tells of.
func TestCorpusOverHTTP(t *testing.T) {
	source := quickSource()
	for _, r := range corpus(t) {
		t.Run(r.Project+" "+r.Tag, func(t *testing.T) {
			s := r.publish(t)
			fetched := map[string]bool{}
			expected := maps.Clone(r.Expect)
			maps.Copy(expected, r.ExpectHost)
			for _, key := range slices.Sorted(maps.Keys(expected)) {
				target, facts := splitKey(key)
				query := r.query(t, s, target, facts)
				resolution, err := source.Resolve(t.Context(), query)
				if expected[key] == nil {
					require.True(t, err == nil || provisioner.KindOf(err) == provisioner.AmbiguousAsset, "%s: %v", key, err)
					require.Empty(t, resolution.Releases, key)
					continue
				}
				require.NoError(t, err, key)
				require.Len(t, resolution.Releases, 1, "%s: %v", key, resolution.Rejected)
				main := *expected[key]
				r.requireExplained(t, resolution, append([]string{main}, r.Companions[main]...))
				if !fetched[main] {
					requireFetched(t, source, query, resolution.Releases[0])
				}
				fetched[main] = true
			}
		})
	}
}

// requireExplained checks that the chosen assets are offered, and each other one is refused with a reason.
func (r corpusRelease) requireExplained(t *testing.T, resolution provisioner.Resolution, chosen []string) {
	t.Helper()
	var offered []string
	for _, f := range resolution.Releases[0].Files {
		offered = append(offered, f.Name)
		require.True(t, f.Digest.Valid())
	}
	require.Equal(t, chosen, offered)
	told := map[string]bool{}
	for _, refusal := range resolution.Rejected {
		require.True(t, refusal.Kind.Valid())
		require.NotEmpty(t, refusal.Reason)
		told[refusal.Asset] = true
	}
	for _, name := range r.Assets {
		require.NotEqual(t, slices.Contains(chosen, name), told[name], name)
	}
}

func requireFetched(t *testing.T, source *Source, query provisioner.Query, release provisioner.Release) {
	t.Helper()
	dir := t.TempDir()
	brought, err := source.Fetch(t.Context(), provisioner.FetchRequest{Query: query, Release: release, Dir: dir})
	require.NoError(t, err)
	require.Len(t, brought.Files, len(release.Files))
	for _, name := range brought.Files {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, name, string(data))
	}
}
