package localbuild

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestDescribe_listsEveryOption(t *testing.T) {
	d, err := New().Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, "local-build", d.Name)
	_, err = catalog.ParseVersion(d.Version)
	require.NoError(t, err)
	var described, taken []string
	for _, o := range d.Options {
		described = append(described, o.Name)
		require.NotEmpty(t, o.Help, o.Name)
		require.NotContains(t, o.Help, "\n", o.Name)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[options]()) {
		if name := field.Tag.Get("json"); name != "" {
			taken = append(taken, name)
		}
	}
	slices.Sort(described)
	slices.Sort(taken)
	require.Equal(t, taken, described)
}

func TestResolve_offersTheReferenceWorker(t *testing.T) {
	require.Equal(t, provisioner.Resolution{Releases: []provisioner.Release{{
		Version: catalog.MustVersion("0.1.0"), Integrity: catalog.Built, Ref: "embedded",
	}}}, resolve(t, referenceWorker(t)))
}

func TestResolve_offersAFolderAsTheOldestPrerelease(t *testing.T) {
	resolution := resolve(t, query(t, with{"source": "dir", "dir": writeModule(t, nil)}))
	require.True(t, resolution.Volatile, "it may change at any moment")
	release := resolution.Releases[0]
	require.True(t, release.Prerelease)
	require.Negative(t, release.Version.Compare(catalog.MustVersion("0.0.1")))
	require.True(t, catalog.Digest(release.Revision).Valid())
}

func TestResolve_rejectsUnsupportedQueries(t *testing.T) {
	folder := with{"source": "dir", "dir": writeModule(t, nil)}
	for name, c := range map[string]struct {
		with   with
		change func(*provisioner.Query)
		kind   provisioner.Kind
		reason string
	}{
		"cuda-llm": {nil, func(q *provisioner.Query) { q.Type = catalog.CudaLlm },
			provisioner.NotFound, "for cpu-llm alone"},
		"constraint": {nil, func(q *provisioner.Query) { q.Constraint = catalog.MustConstraint(">= 1") },
			provisioner.NotFound, "0.1.0 does not satisfy >= 1"},
		"architecture": {nil, func(q *provisioner.Query) { q.Platform, q.Arch = catalog.MacOS, "riscv64" },
			provisioner.UnsupportedPlatform, "macos/riscv64"},
		"metal off macOS": {folder, func(q *provisioner.Query) { q.Type, q.Platform = catalog.MetalLlm, catalog.Linux },
			provisioner.UnsupportedPlatform, "metal-llm does not exist for linux"},
		"other machine": {with{"source": "dir", "dir": folder["dir"], "builder": "cargo"},
			func(q *provisioner.Query) { q.Arch = "s390x" }, provisioner.UnsupportedPlatform, "not for "},
	} {
		t.Run(name, func(t *testing.T) {
			q := referenceWorker(t)
			if c.with != nil {
				q = query(t, c.with)
			}
			c.change(&q)
			resolution := resolve(t, q)
			require.Empty(t, resolution.Releases)
			require.Len(t, resolution.Rejected, 1)
			require.Equal(t, c.kind, resolution.Rejected[0].Kind)
			require.Contains(t, resolution.Rejected[0].Reason, c.reason)

			_, err := New().Fetch(t.Context(), provisioner.FetchRequest{Query: q, Dir: t.TempDir()})
			requireKind(t, c.kind, err)
		})
	}
}

func TestFetch_refusesAReleaseThatWasNotOffered(t *testing.T) {
	req := request(t, referenceWorker(t))
	req.Release.Version = catalog.MustVersion("0.2.0")
	_, err := New().Fetch(t.Context(), req)
	requireKind(t, provisioner.NotFound, err)
}
