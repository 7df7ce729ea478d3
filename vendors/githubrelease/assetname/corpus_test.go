package assetname

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

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
	data, err := os.ReadFile("testdata/release-assets.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &releases))
	require.Len(t, releases, 18)
	return releases
}

func (r corpusRelease) criteria(key string, host map[string]string) Criteria {
	parts := strings.Split(key, "/")
	platform := catalog.Platform(parts[1])
	if parts[1] == "darwin" {
		platform = catalog.MacOS
	}
	return Criteria{Worker: catalog.WorkerType(parts[0]), Platform: platform, Arch: catalog.Arch(parts[2]),
		Host: provisioner.HostOf(host), Repo: r.Project, Tag: r.Tag}
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

// TestSelect_isRightForRealReleases compares every choice with the corpus. A wrong one is worse than none, so none is
// allowed.
func TestSelect_isRightForRealReleases(t *testing.T) {
	picks, right := 0, 0
	for _, r := range corpus(t) {
		for _, key := range slices.Sorted(maps.Keys(r.Expect)) {
			want := r.Expect[key]
			c, err := Select(r.Assets, r.criteria(key, assumedHost))
			if want != nil {
				picks++
			}
			switch {
			case err == nil && want == nil:
				t.Errorf("%s %s %s: picked %s, and none fits", r.Project, r.Tag, key, c.Main)
			case err == nil && c.Main != *want:
				t.Errorf("%s %s %s: picked %s, not %s", r.Project, r.Tag, key, c.Main, *want)
			case err == nil:
				right++
				require.Equal(t, r.Companions[c.Main], c.Companions, "companions of %s", c.Main)
			case want != nil:
				t.Logf("%s %s %s: no pick of %s: %v", r.Project, r.Tag, key, *want, err)
			}
		}
	}
	t.Logf("%d of %d right", right, picks)
	require.Equal(t, picks, right)
}

// TestSelect_followsHostFacts is the same for hosts that are not the assumed one.
func TestSelect_followsHostFacts(t *testing.T) {
	for _, r := range corpus(t) {
		for _, key := range slices.Sorted(maps.Keys(r.ExpectHost)) {
			target, facts := splitKey(key)
			c, err := Select(r.Assets, r.criteria(target, corpusHost(facts)))
			want := r.ExpectHost[key]
			switch {
			case err == nil && want == nil:
				t.Errorf("%s %s %s: picked %s, and none fits", r.Project, r.Tag, key, c.Main)
			case err == nil && c.Main != *want:
				t.Errorf("%s %s %s: picked %s, not %s", r.Project, r.Tag, key, c.Main, *want)
			case err != nil && want != nil:
				t.Errorf("%s %s %s: no pick of %s: %v", r.Project, r.Tag, key, *want, err)
			}
		}
	}
}
