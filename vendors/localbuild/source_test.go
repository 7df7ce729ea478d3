package localbuild

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestDescribesEveryOptionItTakes(t *testing.T) {
	d, err := New().Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, "local-build", d.Name)
	require.Equal(t, []string{"go"}, d.Needs.Tools)
	require.False(t, d.Needs.Network)
	_, err = catalog.ParseVersion(d.Version)
	require.NoError(t, err)
	for _, o := range d.Options {
		err := provisioner.Query{With: []byte(`{"` + o.Name + `": "x"}`)}.DecodeWith(&options{})
		require.NoError(t, err, o.Name)
		require.NotEmpty(t, o.Help, o.Name)
	}
}

func TestOffersTheReferenceWorker(t *testing.T) {
	resolution, err := New().Resolve(t.Context(), embedded(t))
	require.NoError(t, err)
	require.Equal(t, provisioner.Resolution{Releases: []provisioner.Release{{
		Version: catalog.MustVersion("0.1.0"), Integrity: catalog.Built, Ref: "embedded",
	}}}, resolution)
}

func TestOffersAFolderAsAPrereleaseOlderThanAnyRelease(t *testing.T) {
	release := request(t, query(t, map[string]string{"source": "dir", "dir": writeModule(t, nil)})).Release
	require.True(t, release.Prerelease)
	require.Negative(t, release.Version.Compare(catalog.MustVersion("0.0.1")))
}

func TestOffersAFolderUnderTheVersionConfigured(t *testing.T) {
	q := query(t, map[string]string{"source": "dir", "dir": writeModule(t, nil), "version": "v1.2"})
	q.Type = catalog.CudaLlm
	q.Constraint = catalog.MustConstraint("~> 1.2")
	release := request(t, q).Release
	require.Equal(t, "1.2.0", release.Version.String())
	require.False(t, release.Prerelease)
}

func TestRefusesWhatItCannotMake(t *testing.T) {
	folder := map[string]string{"source": "dir", "dir": writeModule(t, nil)}
	for name, c := range map[string]struct {
		with   map[string]string
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
	} {
		t.Run(name, func(t *testing.T) {
			q := embedded(t)
			if c.with != nil {
				q = query(t, c.with)
			}
			c.change(&q)
			resolution, err := New().Resolve(t.Context(), q)
			require.NoError(t, err)
			require.Empty(t, resolution.Releases)
			require.Len(t, resolution.Refused, 1)
			require.Equal(t, c.kind, resolution.Refused[0].Kind)
			require.Contains(t, resolution.Refused[0].Reason, c.reason)

			_, err = New().Fetch(t.Context(), provisioner.FetchRequest{Query: q, Dir: t.TempDir()})
			requireKind(t, c.kind, err)
		})
	}
}

func TestDoesNotFetchAReleaseThatItDidNotOffer(t *testing.T) {
	req := request(t, embedded(t))
	req.Release.Version = catalog.MustVersion("0.2.0")
	_, err := New().Fetch(t.Context(), req)
	requireKind(t, provisioner.NotFound, err)
}
