package githubrelease

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

const repo = "acme/tool"

// startGitHub starts a server and asks without the token of whoever runs the tests.
func startGitHub(t *testing.T) *githubtest.Server {
	t.Setenv("GITHUB_TOKEN", "")
	t.Setenv("GH_TOKEN", "")
	s := githubtest.Start()
	t.Cleanup(s.Close)
	return s
}

// tool is an asset that holds the worker for a platform such as "linux-amd64".
func tool(platform string) githubtest.Asset {
	return githubtest.Asset{Name: "tool-" + platform, Content: []byte("worker for " + platform)}
}

func resolve(t *testing.T, s *githubtest.Server, with string, constraint string) (provisioner.Resolution, error) {
	query := queryFor(s.URL())
	query.Constraint = catalog.MustConstraint(constraint)
	if with != "" {
		query.With = json.RawMessage(`{"repo":"acme/tool",` + with + `}`)
	}
	return quickSource().Resolve(t.Context(), query)
}

// offeredVersions lists what is offered, the newest first.
func offeredVersions(r provisioner.Resolution) (all []string) {
	releases := slices.Clone(r.Releases)
	slices.SortFunc(releases, func(a, b provisioner.Release) int { return b.Version.Compare(a.Version) })
	for _, release := range releases {
		all = append(all, release.Version.String())
	}
	return all
}

func requireRefusal(t *testing.T, r provisioner.Resolution, kind provisioner.Kind, about string) {
	t.Helper()
	for _, refusal := range r.Rejected {
		if refusal.Kind == kind && strings.Contains(refusal.Version+" "+refusal.Asset+" "+refusal.Reason, about) {
			return
		}
	}
	require.Fail(t, "not refused", "%s %q in %v", kind, about, r.Rejected)
}

func TestResolveOffersWithThePublishedDigest(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.2", Assets: []githubtest.Asset{tool("linux-amd64"), tool("darwin-arm64")}})
	r, err := resolve(t, s, "", "")
	require.NoError(t, err)
	require.Len(t, r.Releases, 1)
	got := r.Releases[0]
	require.Equal(t, "1.2.0 v1.2 published", fmt.Sprint(got.Version, " ", got.Tag, " ", got.Integrity))
	require.Len(t, got.Files, 1)
	require.Equal(t, "tool-linux-amd64", got.Files[0].Name)
	require.Equal(t, int64(len("worker for linux-amd64")), got.Files[0].Size)
	require.True(t, got.Files[0].Digest.Valid())
	requireRefusal(t, r, provisioner.UnsupportedPlatform, "tool-darwin-arm64")
}

func TestResolveOrdersByVersionAcrossPages(t *testing.T) {
	s := startGitHub(t)
	linux := []githubtest.Asset{tool("linux-amd64")}
	s.Publish(repo, githubtest.Release{Tag: "b10000", Assets: linux})
	for i := range 120 {
		s.Publish(repo, githubtest.Release{Tag: fmt.Sprintf("b9%03d", i), Assets: linux})
	}
	r, err := resolve(t, s, `"tag":"b(?P<version>\\d+)"`, "")
	require.NoError(t, err)
	require.Equal(t, "10000.0.0", offeredVersions(r)[0])
}

func TestResolveStopsWhenPagesBringNothingNewer(t *testing.T) {
	s := startGitHub(t)
	for i := range 350 {
		s.Publish(repo, githubtest.Release{Tag: fmt.Sprintf("v1.%d.0", i), Assets: []githubtest.Asset{tool("linux-amd64")}})
	}
	r, err := resolve(t, s, "", "")
	require.NoError(t, err)
	require.Equal(t, "1.349.0", offeredVersions(r)[0])
	require.LessOrEqual(t, len(r.Releases), 20)
	require.Len(t, s.Requests(), 2)
}

func TestResolveTellsThatItStoppedLooking(t *testing.T) {
	s := startGitHub(t)
	for i := range 150 {
		s.Publish(repo, githubtest.Release{Tag: fmt.Sprintf("v1.%d.0", i), Assets: []githubtest.Asset{tool("darwin-arm64")}})
	}
	r, err := resolve(t, s, `"max_releases":120`, "")
	require.NoError(t, err)
	require.Empty(t, r.Releases)
	requireRefusal(t, r, provisioner.IncompleteRelease, "max_releases")
	require.Len(t, s.Requests(), 2)
}

func TestResolveRefusesWhatIsNotAskedFor(t *testing.T) {
	s := startGitHub(t)
	linux := []githubtest.Asset{tool("linux-amd64")}
	for _, r := range []githubtest.Release{
		{Tag: "v1.0.0"}, {Tag: "v1.1.0"}, {Tag: "v2.0.0"}, {Tag: "v1.2.0-rc.1"}, {Tag: "v1.3.0", Prerelease: true},
		{Tag: "v9.0.0", Draft: true}, {Tag: "nightly"}, {Tag: "xv5.0.0"}, {Tag: "v5 beta"},
	} {
		r.Assets = linux
		s.Publish(repo, r)
	}
	for _, c := range []struct {
		with, constraint string
		want             []string
	}{
		{"", "", []string{"2.0.0", "1.1.0", "1.0.0"}},
		{"", "~> 1.0", []string{"1.1.0", "1.0.0"}},
		{"", "1.0", []string{"1.0.0"}},
		{"", ">= 3", nil},
		{"", ">= 1.2.0-rc.0, < 1.3", []string{"1.2.0-rc.1"}},
		{`"prerelease":true`, "~> 1.1", []string{"1.3.0", "1.2.0-rc.1", "1.1.0"}},
		{`"prerelease":true`, "", []string{"2.0.0", "1.3.0", "1.2.0-rc.1", "1.1.0", "1.0.0"}},
	} {
		r, err := resolve(t, s, c.with, c.constraint)
		require.NoError(t, err)
		require.Equal(t, c.want, offeredVersions(r), "%s %s", c.with, c.constraint)
		requireRefusal(t, r, provisioner.NotFound, "nightly")
		requireRefusal(t, r, provisioner.NotFound, "xv5.0.0")
		requireRefusal(t, r, provisioner.NotFound, "v5 beta")
	}
}

func TestResolveStepsBackFromAnIncompleteRelease(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	s.Publish(repo, githubtest.Release{Tag: "v1.1.0", Assets: []githubtest.Asset{tool("darwin-arm64")}})
	arriving := tool("linux-amd64")
	arriving.State = "starter"
	s.Publish(repo, githubtest.Release{Tag: "v1.2.0", Assets: []githubtest.Asset{tool("darwin-arm64"), arriving}})
	s.Publish(repo, githubtest.Release{Tag: "v1.3.0"})
	r, err := resolve(t, s, "", "")
	require.NoError(t, err)
	require.Equal(t, []string{"1.0.0"}, offeredVersions(r))
	requireRefusal(t, r, provisioner.IncompleteRelease, "1.1.0")
	requireRefusal(t, r, provisioner.IncompleteRelease, "1.2.0")
	requireRefusal(t, r, provisioner.IncompleteRelease, "1.3.0")
}

func TestResolveStopsAtATieOfTheNewestReleaseAlone(t *testing.T) {
	s := startGitHub(t)
	tied := []githubtest.Asset{tool("cli-linux-amd64"), tool("pro-linux-amd64")}
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: tied})
	s.Publish(repo, githubtest.Release{Tag: "v1.1.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	r, err := resolve(t, s, "", "")
	require.NoError(t, err)
	require.Equal(t, []string{"1.1.0"}, offeredVersions(r))

	s.Publish(repo, githubtest.Release{Tag: "v1.2.0", Assets: tied})
	r, err = resolve(t, s, "", "")
	require.NoError(t, err)
	require.Empty(t, r.Releases)
	requireRefusal(t, r, provisioner.AmbiguousAsset,
		"1.2.0  several assets fit equally: tool-cli-linux-amd64, tool-pro-linux-amd64; set the source's `asset`")
	requireRefusal(t, r, provisioner.NotFound, "1.1.0 tool-linux-amd64 1.2.0 is newer")

	r, err = resolve(t, s, `"exclude":["pro"]`, "")
	require.NoError(t, err)
	require.Equal(t, []string{"1.2.0", "1.1.0", "1.0.0"}, offeredVersions(r))
}

func TestResolveTakesDigestsFromAChecksumFileWhereTheAPIHasNone(t *testing.T) {
	bare := tool("linux-amd64")
	bare.Digest = githubtest.NoDigest
	sum := strings.Repeat("ab", 32)
	file := func(name, content string) githubtest.Asset {
		return githubtest.Asset{Name: name, Content: []byte(content)}
	}
	for name, c := range map[string]struct {
		beside    []githubtest.Asset
		integrity catalog.Integrity
	}{
		"nothing is published": {nil, catalog.None},
		"a file for all": {[]githubtest.Asset{file("SHA256SUMS", sum+"  tool-linux-amd64\n")},
			catalog.Published},
		"ollama's": {[]githubtest.Asset{file("sha256sum.txt", sum+"  ./tool-linux-amd64\n")},
			catalog.Published},
		"with the project's name": {[]githubtest.Asset{file("tool-1.0-checksums.txt", sum+" *tool-linux-amd64\n")},
			catalog.Published},
		"a sidecar with the sum alone": {[]githubtest.Asset{file("tool-linux-amd64.sha256", sum+"\n")}, catalog.Published},
		"a sidecar with the name": {[]githubtest.Asset{file("tool-linux-amd64.sha256", sum+"  tool-linux-amd64")},
			catalog.Published},
		"a file that leaves the tool out": {[]githubtest.Asset{file("checksums.txt", sum+"  other\n")}, ""},
		"a file of another format":        {[]githubtest.Asset{file("checksums.txt", "<html>")}, ""},
		"a sidecar of another file": {[]githubtest.Asset{tool("darwin-arm64"), file("tool-darwin-arm64.sha256", sum)},
			catalog.None},
	} {
		t.Run(name, func(t *testing.T) {
			s := startGitHub(t)
			s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: append(c.beside, bare)})
			r, err := resolve(t, s, "", "")
			require.NoError(t, err)
			if c.integrity == "" {
				require.Empty(t, r.Releases)
				requireRefusal(t, r, provisioner.Unverified, "1.0.0")
				return
			}
			require.Len(t, r.Releases, 1)
			require.Equal(t, c.integrity, r.Releases[0].Integrity)
			if c.integrity == catalog.Published {
				require.Equal(t, catalog.Digest("sha256:"+sum), r.Releases[0].Files[0].Digest)
			}
		})
	}
}

func TestResolveHoldsANamedChecksumFileAgainstTheAPI(t *testing.T) {
	s := startGitHub(t)
	sums := githubtest.Asset{Name: "sums", Content: []byte(strings.Repeat("ab", 32) + "  tool-linux-amd64\n")}
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64"), sums}})
	_, err := resolve(t, s, `"checksums":"sums"`, "")
	requireKind(t, provisioner.DigestMismatch, err)

	s.Publish(repo, githubtest.Release{Tag: "v1.1.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	r, err := resolve(t, s, `"checksums":"sums"`, "~> 1.1")
	require.NoError(t, err)
	require.Empty(t, r.Releases)
	requireRefusal(t, r, provisioner.Unverified, "1.1.0")
}

func TestResolveReadsChecksumFilesOfTheNewestReleasesAlone(t *testing.T) {
	s := startGitHub(t)
	bare := tool("linux-amd64")
	bare.Digest = githubtest.NoDigest
	sums := githubtest.Asset{Name: "SHA256SUMS", Content: []byte(strings.Repeat("ab", 32) + "  tool-linux-amd64\n")}
	for i := range 30 {
		s.Publish(repo, githubtest.Release{Tag: fmt.Sprintf("v1.%d.0", i), Assets: []githubtest.Asset{bare, sums}})
	}
	r, err := resolve(t, s, "", "")
	require.NoError(t, err)
	require.Equal(t, "1.29.0", offeredVersions(r)[0])
	read := 0
	for _, request := range s.Requests() {
		if strings.Contains(request, "SHA256SUMS") {
			read++
		}
	}
	require.Equal(t, 5, read)
}

func TestResolveKeepsTheTagPublishedLastOfOneVersion(t *testing.T) {
	s := startGitHub(t)
	day := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	linux := []githubtest.Asset{tool("linux-amd64")}
	for i, tag := range []string{"v1.2", "1.2.0", "v1.2.0"} { // listed in the reverse order
		published := day.Add(time.Duration([]int{0, 2, 1}[i]) * time.Hour)
		s.Publish(repo, githubtest.Release{Tag: tag, Published: published, Assets: linux})
	}
	r, err := resolve(t, s, "", "")
	require.NoError(t, err)
	require.Len(t, r.Releases, 1)
	require.Equal(t, "1.2.0", r.Releases[0].Tag)
	requireRefusal(t, r, provisioner.NotFound, "tag v1.2.0 has the same version as 1.2.0")
	requireRefusal(t, r, provisioner.NotFound, "tag v1.2 has the same version as 1.2.0")
}

func TestResolvePassesOverAReleaseThatOnlyPoints(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{tool("linux-amd64")}})
	s.Publish(repo, githubtest.Release{Tag: "v1.1.0", Assets: []githubtest.Asset{{Name: "nightly-tag.txt"},
		{Name: "source.tar.gz"}}})
	r, err := resolve(t, s, "", "")
	require.NoError(t, err)
	require.Equal(t, []string{"1.0.0"}, offeredVersions(r))
	requireRefusal(t, r, provisioner.IncompleteRelease, "1.1.0  none of its assets is a worker")
}

func TestResolveTellsOfADraft(t *testing.T) {
	s := startGitHub(t)
	s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Draft: true, Assets: []githubtest.Asset{tool("linux-amd64")}})
	r, err := resolve(t, s, `"prerelease":true`, "")
	require.NoError(t, err)
	require.Empty(t, r.Releases)
	requireRefusal(t, r, provisioner.NotFound, "1.0.0  a draft")
}

// TestResolveStepsBackWhileCompanionsArrive: without CUDA's libraries the worker would not start. A project that has
// given them up is believed after a day.
func TestResolveStepsBackWhileCompanionsArrive(t *testing.T) {
	main := githubtest.Asset{Name: "llama-bin-win-cuda-12.4-x64.zip"}
	libraries := githubtest.Asset{Name: "cudart-llama-bin-win-cuda-12.4-x64.zip"}
	for age, want := range map[time.Duration][]string{time.Hour: {"1.0.0"}, 48 * time.Hour: {"1.1.0", "1.0.0"}} {
		s := startGitHub(t)
		s.Publish(repo, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{main, libraries}})
		s.Publish(repo, githubtest.Release{Tag: "v1.1.0", Assets: []githubtest.Asset{main}, Published: time.Now().Add(-age)})
		query := queryFor(s.URL())
		query.Type, query.Platform = catalog.CudaLlm, catalog.Windows
		r, err := quickSource().Resolve(t.Context(), query)
		require.NoError(t, err)
		require.Equal(t, want, offeredVersions(r))
		if len(want) == 1 {
			requireRefusal(t, r, provisioner.IncompleteRelease, "1.1.0  it lacks the like of cudart-llama")
		}
	}
}

func TestResolveAsksForNoPageThatItMayNotLookAt(t *testing.T) {
	s := startGitHub(t)
	for i := range 150 {
		s.Publish(repo, githubtest.Release{Tag: fmt.Sprintf("v1.%d.0", i), Assets: []githubtest.Asset{tool("linux-amd64")}})
	}
	r, err := resolve(t, s, `"max_releases":100`, "")
	require.NoError(t, err)
	require.Len(t, s.Requests(), 1)
	requireRefusal(t, r, provisioner.IncompleteRelease, "only the first 100 releases")

	r, err = resolve(t, s, `"max_releases":150`, "")
	require.NoError(t, err)
	for _, refusal := range r.Rejected {
		require.NotContains(t, refusal.Reason, "max_releases", "all were looked at")
	}
}

func TestResolveTakesWhatTheConfigurationNames(t *testing.T) {
	s := startGitHub(t)
	var assets []githubtest.Asset
	for _, name := range []string{"tool-1.0-x", "tool-1.0-y", "tool-linux-amd64", "rpc-linux-arm64.zip",
		"rpc-linux-amd64.zip", "data-1.0.zip"} {
		assets = append(assets, githubtest.Asset{Name: name, Content: []byte(name)})
	}
	s.Publish(repo, githubtest.Release{Tag: "v1.0", Assets: assets})
	for with, want := range map[string]string{
		``:                                    "tool-linux-amd64",
		`"asset":"tool-{version}-x"`:          "tool-1.0-x",
		`"assets":{"linux":"tool-.*-y"}`:      "tool-1.0-y",
		`"assets":{"windows":"tool-.*-y"}`:    "tool-linux-amd64",
		`"companions":["rpc-.*","data-.*"]`:   "tool-linux-amd64 rpc-linux-amd64.zip data-1.0.zip",
		`"companions":["data-{version}.zip"]`: "tool-linux-amd64 data-1.0.zip",
		`"companions":["rpc-win.*"]`:          "",
	} {
		r, err := resolve(t, s, with, "")
		require.NoError(t, err)
		if want == "" {
			require.Empty(t, r.Releases)
			requireRefusal(t, r, provisioner.IncompleteRelease, "companion")
			continue
		}
		require.Len(t, r.Releases, 1, with)
		var names []string
		for _, f := range r.Releases[0].Files {
			names = append(names, f.Name)
		}
		require.Equal(t, want, strings.Join(names, " "), with)
		for _, refusal := range r.Rejected {
			require.NotContains(t, names, refusal.Asset)
		}
	}
}
