package catalog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// folderNames are names that a catalog's folder may hold: ours, foreign ones, and what is nearly ours.
var folderNames = []string{
	"cpu-llm-worker-rbee-v0.1.0-linux", "cpu-llm-worker-rbee-v0.1.0-linux-arm64", "cpu-llm-worker-rbee-v0.1.0-linux-amd64",
	"a-worker-rbee-v1.2.3-macos", "a-worker-rbee-v1.2.3-macos-arm64", "a-worker-rbee-v1.2.3-macos-amd64",
	"a-worker-rbee-v10.20.30-windows", "a-worker-rbee-v01.2.3-linux", "a-worker-rbee-v1.2.03-linux",
	"a-worker-rbee-v1.2-linux",
	"a-worker-rbee-v1.2.3.4-linux", "a-worker-rbee-v1..3-linux", "a-worker-rbee-v1.2.-linux", "a-worker-rbee-v.2.3-linux",
	"a-worker-rbee-v1.2.3-rc.1-linux", "a-worker-rbee-v1.2.3-linux-linux", "a-worker-rbee-v1.2.3-amd64-linux",
	"a-worker-rbee-v1.4.0-dev.12+g1a2b3c4-linux", "a-worker-rbee-v0.0.0-linux",
	"a-worker-rbee-v999999999999999999.0.0-linux",
	"a-worker-rbee-v9223372036854775807.0.0-linux", "a-worker-rbee-v9223372036854775808.0.0-linux",
	"A-worker-rbee-v1.2.3-linux", "-worker-rbee-v1.2.3-linux", "a--b-worker-rbee-v1.2.3-linux",
	"a-worker-rbee-v1.2.3-beos",
	"a-worker-rbee-v1.2.3-linux-vax", "a-worker-rbee-v1.2.3", "a-worker-rbee-v", "llm-worker-rbee-cpu-0.1.0-linux", "",
	".", "..",
}

// requireSameID checks that a name tells the same, whichever way it is read.
func requireSameID(t *testing.T, name string) {
	t.Helper()
	quick, ok := readFolderName(name)
	id, err := ParseID(name)
	require.Equal(t, err == nil, ok, "%q", name)
	if !ok {
		return
	}
	require.Equal(t, []any{id.Type, id.Platform, id.Arch}, []any{quick.workerType, quick.platform, quick.arch}, "%q", name)
	require.Equal(t, id.Version.String(), quick.version.parsed().String(), "%q", name)
	require.Equal(t, ageOf(id.Version), quick.version, "%q", name)
	require.Equal(t, name, id.String())
}

func TestReadFolderName_agreesWithParseID(t *testing.T) {
	ours := 0
	for _, name := range folderNames {
		requireSameID(t, name)
		if _, ok := readFolderName(name); ok {
			ours++
		}
	}
	require.Equal(t, 13, ours)
}

func FuzzFolderName(f *testing.F) {
	for _, name := range folderNames {
		f.Add(name)
	}
	f.Fuzz(requireSameID)
}

// requireSameOrder checks that two versions are ordered alike, whichever way they are read.
func requireSameOrder(t *testing.T, a, b string) {
	t.Helper()
	v, err := ParseVersion(a)
	w, otherErr := ParseVersion(b)
	if err != nil || otherErr != nil {
		return
	}
	require.Equal(t, v.Compare(w), ageOf(v).compare(ageOf(w)), "%q and %q", a, b)
	require.Equal(t, 1, ageOf(v).compare(noVersion), "%q", a)
	if quick, ok := plainAge(a); ok {
		require.Equal(t, ageOf(v), quick)
	}
}

var orderedVersions = []string{
	"0.0.0", "1.2.3-alpha", "1.2.3-rc.2", "1.2.3-rc.10", "1.2.3", "v1.2.3", "1.2.3+build", "1.2.3.0", "1.2.3.1", "1.2.4",
	"1.10", "2",
	"9223372036854775807",
}

func TestVersionKey_ordersAsVersionsDo(t *testing.T) {
	for _, a := range orderedVersions {
		for _, b := range orderedVersions {
			requireSameOrder(t, a, b)
		}
	}
	require.Zero(t, noVersion.compare(noVersion))
}

func FuzzVersionOrder(f *testing.F) {
	for i, a := range orderedVersions {
		f.Add(a, orderedVersions[(i+1)%len(orderedVersions)])
	}
	f.Fuzz(requireSameOrder)
}
