//go:build unix

// Package npm tests the vendor of this folder, which is written for Node, over a server shaped like a registry.
package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/plugintest"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
)

// command starts the vendor, where Node and its packages are.
func command(t *testing.T) plugins.Command {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node on this machine")
	}
	main, err := filepath.Abs("main.js")
	require.NoError(t, err)
	if _, err := os.Stat("node_modules/@grpc"); err != nil {
		t.Skip("the vendor's packages are not here: run `npm ci` in plugins/npm, as .ci/run does")
	}
	if node, err = filepath.Abs(node); err == nil {
		node, err = filepath.EvalSymlinks(node)
	}
	require.NoError(t, err)
	return plugins.Command{Name: "npm", Path: node, Args: []string{main}}
}

// registry is a server shaped like one. It serves a package for linux-x64 alone, and its tarballs by another host.
type registry struct {
	*httptest.Server
	tarball []byte
	storage *httptest.Server

	mu    sync.Mutex
	seen  map[string]string // Authorization, by "registry" and "storage"
	wrong bool              // tarballs are not what their integrity says
}

const (
	packageName = "@acme/worker-linux-x64"
	script      = "#!/bin/sh\necho I come from a registry\n"
)

func startRegistry(t *testing.T) *registry {
	r := &registry{seen: map[string]string{}, tarball: tarball(t)}
	r.storage = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.note("storage", req)
		content := bytes.Clone(r.tarball)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.wrong {
			content = append(content, 0)
		}
		_, _ = w.Write(content)
	}))
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(func() { r.Close(); r.storage.Close() })
	return r
}

func (r *registry) note(host string, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[host] = req.Header.Get("Authorization")
}

func (r *registry) serve(w http.ResponseWriter, req *http.Request) {
	r.note("registry", req)
	switch req.URL.EscapedPath() {
	case "/@acme%2fworker-linux-x64":
		_ = json.NewEncoder(w).Encode(r.packument())
	case "/moved/@acme%2fworker-linux-x64":
		http.Redirect(w, req, r.URL+"/@acme%2fworker-linux-x64", http.StatusMovedPermanently)
	case "/@acme/worker-linux-x64/-/worker-linux-x64-1.2.0.tgz",
		"/@acme/worker-linux-x64/-/worker-linux-x64-1.10.0.tgz":
		http.Redirect(w, req, r.storage.URL+"/signed?token=secret", http.StatusFound)
	default:
		http.NotFound(w, req)
	}
}

// packument is what a registry says of a package. The integrity of the last version is too weak to count.
func (r *registry) packument() map[string]any {
	sum := sha512.Sum512(r.tarball)
	versions := map[string]any{}
	for version, integrity := range map[string]string{
		"1.2.0":       "sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
		"1.10.0":      "sha1-AAAA sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
		"1.11.0-rc.1": "sha1-AAAA",
	} {
		versions[version] = map[string]any{"version": version, "dist": map[string]any{
			"tarball": fmt.Sprintf(
				"%s/%s/-/worker-linux-x64-%s.tgz",
				r.URL,
				packageName,
				version,
			), "integrity": integrity,
		}}
	}
	return map[string]any{
		"name":      packageName,
		"dist-tags": map[string]string{"latest": "1.10.0", "old": "1.2.0"},
		"versions":  versions,
	}
}

// tarball has what npm packs: all below package/.
func tarball(t *testing.T) []byte {
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	w := tar.NewWriter(compressed)
	for name, content := range map[string]string{
		"package/package.json": `{"name": "` + packageName + `"}`, "package/bin/worker": script,
	} {
		require.NoError(
			t,
			w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}),
		)
		_, err := io.WriteString(w, content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, compressed.Close())
	return packed.Bytes()
}

func encode(t *testing.T, values map[string]any) json.RawMessage {
	data, err := json.Marshal(values)
	require.NoError(t, err)
	return data
}

func queryFor(t *testing.T, registry string, with map[string]any) provisioner.Query {
	with["package"] = "@acme/worker-{platform}-{arch}"
	return provisioner.Query{
		Type: catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64,
		With: encode(
			t,
			with,
		), Config: encode(t, map[string]any{"registry": registry, "token_env": []string{"ACME_TOKEN"}}),
	}
}

func TestItKeepsTheContractOfVendors(t *testing.T) {
	c, r := command(t), startRegistry(t)
	silent := httptest.NewServer(
		http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }),
	)
	t.Cleanup(silent.Close)
	suite := plugintest.Suite(c, queryFor(t, r.URL, map[string]any{"tag": "latest"}))
	stalled := queryFor(t, silent.URL, map[string]any{})
	suite.Stalled = &stalled
	vendortest.Run(t, suite)
}

func TestTheBundleIsOneFileThatNeedsNothingElse(t *testing.T) {
	c := command(t)
	out, err := exec.Command("npm", "run", "--silent", "build").CombinedOutput()
	require.NoError(t, err, "%s", out)
	bundle, err := os.ReadFile("provision-vendor-npm.cjs")
	require.NoError(t, err)
	c.Args = []string{filepath.Join(t.TempDir(), "bundle.cjs")}
	require.NoError(t, os.WriteFile(c.Args[0], bundle, 0o600))
	p, err := plugins.Launch(t.Context(), c)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	d, err := p.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, "npm", d.Name)
}

// resolve asks the vendor in a process of its own.
func resolve(t *testing.T, q provisioner.Query) (provisioner.Resolution, error) {
	c := command(t)
	c.Env = []string{"ACME_TOKEN=secret"}
	p, err := plugins.Launch(t.Context(), c)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	return p.Resolve(t.Context(), q)
}

func TestItReadsWhatARegistrySays(t *testing.T) {
	command(t)
	r := startRegistry(t)
	got, err := resolve(t, queryFor(t, r.URL+"/moved", map[string]any{}))
	require.NoError(t, err)
	require.Len(t, got.Releases, 3)
	require.Equal(t, "1.11.0-rc.1", got.Releases[0].Version.String())
	require.True(t, got.Releases[0].Prerelease)
	require.Equal(t, catalog.None, got.Releases[0].Integrity, "SHA-1 does not count")
	require.Equal(t, fmt.Sprintf("sha512:%x", sha512.Sum512(r.tarball)), got.Releases[1].Files[0].Digest.String())
	require.Equal(t, "Bearer secret", r.seen["registry"])

	got, err = resolve(t, queryFor(t, r.URL, map[string]any{"tag": "old"}))
	require.NoError(t, err)
	require.Len(t, got.Releases, 1)
	require.Equal(t, "1.2.0", got.Releases[0].Version.String())

	windows := queryFor(t, r.URL, map[string]any{})
	windows.Platform = catalog.Windows
	got, err = resolve(t, windows)
	require.NoError(t, err)
	require.Empty(t, got.Releases)
	require.Equal(t, "@acme/worker-win32-x64", got.Rejected[0].Asset)
}

func TestAnUnreachableRegistryIsOfThatKind(t *testing.T) {
	command(t)
	r := startRegistry(t)
	r.Close()
	_, err := resolve(t, queryFor(t, r.URL, map[string]any{}))
	require.Equal(t, provisioner.Unreachable, provisioner.KindOf(err))
	require.NotEmpty(t, provisioner.HintOf(err))
}

// install has the host install a worker that the vendor brings.
func install(t *testing.T, r *registry, cache string) (provisioner.Result, error) {
	c := command(t)
	t.Setenv("ACME_TOKEN", "secret")
	config := filepath.Join(t.TempDir(), "provision.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
vendors:
  npm: {command: %q, args: [%q], env: [ACME_TOKEN], ports: [%d], config: {registry: %q, token_env: [ACME_TOKEN]}}
workers:
  cpu-llm:
    sources:
      - {vendor: npm, with: {package: '@acme/worker-{platform}-{arch}', tag: latest}, binary: worker}
`, c.Path, c.Args[0], r.storage.Listener.Addr().(*net.TCPAddr).Port, r.URL), 0o600))
	p, err := builtin.Open(builtin.Options{CacheDir: cache, Config: config})
	require.NoError(t, err)
	return p.Provision(
		t.Context(),
		provisioner.Request{Type: catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64, Force: true},
	)
}

func TestAWorkerIsInstalledThroughIt(t *testing.T) {
	command(t)
	r, cache := startRegistry(t), t.TempDir()
	result, err := install(t, r, cache)
	require.NoError(t, err)
	require.Equal(t, "1.10.0", result.Worker.Version)
	content, err := os.ReadFile(result.Worker.Path)
	require.NoError(t, err)
	require.Equal(t, script, string(content))
	require.Equal(t, catalog.Published, result.Provenance.Integrity)
	require.Equal(t, "sha512", result.Provenance.Brought[0].Published.Algorithm())
	require.Equal(
		t,
		map[string]string{"registry": "Bearer secret", "storage": ""},
		r.seen,
		"the token stays with the registry",
	)
	recorded, err := json.Marshal(result.Provenance)
	require.NoError(t, err)
	require.NotContains(t, string(recorded), "secret")

	r.mu.Lock()
	r.wrong = true
	r.mu.Unlock()
	_, err = install(t, r, cache)
	require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err), err)
}
