//go:build unix

package builtin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// acmeKey makes the test binary the vendor acme; versionKey is the version that it claims then.
const (
	acmeKey    = "BUILTIN_TEST_ACME"
	versionKey = "BUILTIN_TEST_VERSION"
)

// acme tells the environment that it was given.
type acme struct{}

var _ provisioner.VendorSource = acme{}

func (acme) Describe(context.Context) (provisioner.Description, error) {
	version := "1.0.0"
	if claimed := os.Getenv(versionKey); claimed != "" {
		version = claimed
	}
	return provisioner.Description{
		Name:    "acme",
		Version: version,
		Needs:   provisioner.Needs{Env: []string{versionKey, "SECRET", "GRANTED"}},
	}, nil
}

func (acme) Resolve(context.Context, provisioner.Query) (provisioner.Resolution, error) {
	return provisioner.Resolution{
		Rejected: []provisioner.Rejection{{Kind: provisioner.NotFound, Reason: strings.Join(os.Environ(), "\n")}},
	}, nil
}

func (acme) Fetch(context.Context, provisioner.FetchRequest) (provisioner.Fetched, error) {
	return provisioner.Fetched{}, errors.New("nothing is offered")
}

// acmeScript writes a script that is the vendor acme, and returns its digest too.
func acmeScript(t *testing.T) (string, catalog.Digest) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	text := fmt.Sprintf("#!/bin/sh\nGORACE=atexit_sleep_ms=0 %s=1 exec %s\n", acmeKey, self)
	path := filepath.Join(t.TempDir(), "acme-vendor")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
	return path, catalog.Digest(fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))))
}

// installed returns a store that has acme, and removes it from there at the end.
func installed(t *testing.T) *store.Store {
	t.Helper()
	s := store.New(t.TempDir())
	path, _ := acmeScript(t)
	_, err := s.Install(t.Context(), store.Request{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Remove(context.Background(), "acme")) })
	return s
}

// environmentOf opens acme and asks for its environment.
func environmentOf(t *testing.T, v vendors) string {
	t.Helper()
	vendor, err := v.Open(t.Context(), "acme", provisioner.Folders{})
	require.NoError(t, err)
	resolution, err := vendor.Resolve(t.Context(), provisioner.Query{})
	require.NoError(t, err)
	require.NoError(t, vendor.Close())
	return resolution.Rejected[0].Reason
}

func TestAnInstalledPluginGetsWhatIsGrantedAlone(t *testing.T) {
	t.Setenv("SECRET", "secret")
	t.Setenv("GRANTED", "yes")
	t.Setenv("UNDECLARED", "unasked")
	v := vendors{plugins: installed(t)}
	require.NotContains(t, environmentOf(t, v), "secret", "declaring a need is no grant")
	v.configured = map[string]config.Vendor{"acme": {Env: []string{"GRANTED", "UNDECLARED"}}}
	require.Contains(t, environmentOf(t, v), "GRANTED=yes")
	require.NotContains(t, environmentOf(t, v), "unasked", "nor is a grant that was not asked for")
	require.NotContains(t, environmentOf(t, v), "secret")
}

func TestAPluginThatDescribesItselfOtherwiseThanBeforeIsAtFault(t *testing.T) {
	path, digest := acmeScript(t)
	for name, v := range map[string]vendors{
		"installed": {plugins: installed(t), configured: map[string]config.Vendor{"acme": {Env: []string{versionKey}}}},
		"configured": {plugins: store.New(t.TempDir()),
			configured: map[string]config.Vendor{"acme": {Env: []string{versionKey}, Command: path, SHA256: digest}}},
	} {
		t.Run(name, func(t *testing.T) {
			environmentOf(t, v)
			t.Setenv(versionKey, "2.0.0")
			_, err := v.Open(t.Context(), "acme", provisioner.Folders{})
			require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err))
			require.ErrorContains(t, err, "it now calls itself acme 2.0.0")
			require.NotEmpty(t, provisioner.HintOf(err))
		})
	}
}

func TestAConfiguredDigestMakesItsPluginKnown(t *testing.T) {
	path, digest := acmeScript(t)
	v := vendors{
		plugins:    store.New(t.TempDir()),
		configured: map[string]config.Vendor{"acme": {Command: path, SHA256: digest}},
	}
	_, ok := v.plugins.Known(digest)
	require.False(t, ok)
	environmentOf(t, v)
	description, ok := v.plugins.Known(digest)
	require.True(t, ok)
	require.Equal(t, "acme", description.Name)
}

func TestTheConfiguredCommandGoesBeforeTheInstalledPlugin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho other\n"), 0o755))
	v := vendors{plugins: installed(t), configured: map[string]config.Vendor{"acme": {Command: path}}}
	_, err := v.Open(t.Context(), "acme", provisioner.Folders{})
	require.ErrorContains(t, err, `it wrote "other"`)
}

func BenchmarkOpenPlugin(b *testing.B) {
	s := store.New(b.TempDir())
	self, err := os.Executable()
	require.NoError(b, err)
	path := filepath.Join(b.TempDir(), "acme-vendor")
	require.NoError(b, os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\n%s=1 exec %s\n", acmeKey, self), 0o755))
	_, err = s.Install(b.Context(), store.Request{Path: path})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Remove(context.Background(), "acme")) })
	v := vendors{plugins: s}
	for b.Loop() {
		opened, err := v.Open(b.Context(), "acme", provisioner.Folders{})
		require.NoError(b, err)
		require.NoError(b, opened.Close())
	}
}

// serveAcme serves acme if this process was started to be it.
func serveAcme() {
	if os.Getenv(acmeKey) != "" {
		plugins.Serve(acme{})
		os.Exit(0)
	}
}
