//go:build unix

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
)

const (
	versionKey  = "STORE_TEST_VERSION" // makes the test binary a vendor
	installKey  = "STORE_TEST_INSTALL" // makes it install a path into the home of homeKey
	homeKey     = "STORE_TEST_HOME"
	binaryName  = "acme-binary" // makes a copy of it a vendor of version 9.0.0
	secretKey   = "STORE_TEST_SECRET"
	raceOptions = "GORACE=atexit_sleep_ms=0"
)

func TestMain(m *testing.M) {
	version, isVendor := os.LookupEnv(versionKey)
	if filepath.Base(os.Args[0]) == binaryName {
		version, isVendor = "9.0.0", true
	}
	switch path := os.Getenv(installKey); {
	case isVendor:
		plugins.Serve(acme{version})
	case path != "":
		_, err := New(os.Getenv(homeKey)).Install(context.Background(), Request{Path: path})
		fmt.Println(err)
	default:
		os.Exit(m.Run())
	}
}

// acme is a vendor that only describes itself, and does so only in a closed environment.
type acme struct{ version string }

var _ provisioner.VendorSource = acme{}

func (a acme) Describe(context.Context) (provisioner.Description, error) {
	name := "acme"
	if before, _, ok := strings.Cut(a.version, "@"); ok {
		name, a.version = before, a.version[len(before)+1:]
	}
	if _, ok := os.LookupEnv(secretKey); ok {
		return provisioner.Description{}, errors.New("it got a variable that nobody granted")
	}
	if files, err := os.ReadDir("."); err != nil || len(files) > 0 {
		return provisioner.Description{}, fmt.Errorf("it works among %v: %w", files, err)
	}
	return provisioner.Description{
		Name: name, Version: a.version,
		Options: []provisioner.Option{
			{Name: "channel", Kind: provisioner.StringOption, Identity: true, Values: []string{"stable", "edge"}},
		},
		Needs: provisioner.Needs{Network: true, Env: []string{"ACME_TOKEN"}},
	}, nil
}

func (acme) Resolve(context.Context, provisioner.Query) (provisioner.Resolution, error) {
	return provisioner.Resolution{}, nil
}

func (acme) Fetch(context.Context, provisioner.FetchRequest) (provisioner.Fetched, error) {
	return provisioner.Fetched{}, errors.New("nothing is offered")
}

// newHome is a folder for a store. At the end what is read-only there is made deletable, as this may be no test of
// root's.
func newHome(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() {
		folders, err := filepath.Glob(filepath.Join(dir, "plugins", "*"))
		require.NoError(t, err)
		for _, folder := range folders {
			deleteFolder(folder)
		}
	})
	return dir
}

// self is the path of the test binary.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	return path
}

// script writes an executable script.
func script(t *testing.T, path, text string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
	return path
}

// vendorText is a script that is the vendor acme of a version, or another as "name@version".
func vendorText(t *testing.T, version string) string {
	t.Helper()
	return fmt.Sprintf("#!/bin/sh\n%s %s=%s exec %s\n", raceOptions, versionKey, version, self(t))
}

// vendor writes a script that is a vendor of a version.
func vendor(t *testing.T, version string) string {
	t.Helper()
	return script(t, filepath.Join(t.TempDir(), "acme-vendor"), vendorText(t, version))
}

func install(t *testing.T, s *Store, path string) Result {
	t.Helper()
	result, err := s.Install(t.Context(), Request{Path: path})
	require.NoError(t, err)
	return result
}

// digestOfFile is the SHA-256 of a file.
func digestOfFile(t *testing.T, path string) catalog.Digest {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	digest, err := digestOf(f)
	require.NoError(t, err)
	return digest
}

// launch starts an executable.
func launch(t *testing.T, e *Executable) *plugins.Plugin {
	t.Helper()
	command := e.Command()
	command.Name, command.Env = "acme", plugins.Environment()
	p, err := plugins.Launch(t.Context(), command)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// versionOf asks a vendor for its version.
func versionOf(t *testing.T, p *plugins.Plugin) string {
	t.Helper()
	d, err := p.Describe(t.Context())
	require.NoError(t, err)
	return d.Version
}

// namesIn lists what is in a folder.
func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func requireKind(t *testing.T, err error, kind provisioner.Kind, parts ...string) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, kind, provisioner.KindOf(err), err.Error())
	text := err.Error() + "\n" + provisioner.HintOf(err)
	for _, part := range parts {
		require.Contains(t, text, part)
	}
}
