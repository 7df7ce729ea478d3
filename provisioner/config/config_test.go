package config_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// schemas describes vendors that resemble the built-in ones.
var schemas = map[string]provisioner.Description{
	"github-release": {
		Options: []provisioner.Option{
			{Name: "repo", Kind: provisioner.StringOption, Required: true, Identity: true},
			{Name: "tag", Kind: provisioner.PatternOption},
			{Name: "prerelease", Kind: provisioner.BoolOption},
			{Name: "asset", Kind: provisioner.PatternOption, Identity: true},
			{Name: "exclude", Kind: provisioner.PatternsOption},
			{Name: "assets", Kind: provisioner.PatternMapOption},
			{Name: "max_releases", Kind: provisioner.IntOption},
			{Name: "checksums", Kind: provisioner.StringOption},
		},
		Settings: []provisioner.Option{
			{Name: "api_url", Kind: provisioner.StringOption, Required: true},
			{Name: "token_env", Kind: provisioner.StringsOption},
			{Name: "headers", Kind: provisioner.MapOption},
		},
	},
	"local-build": {
		Options: []provisioner.Option{
			{
				Name: "source", Kind: provisioner.StringOption, Required: true, Identity: true,
				Values: []string{"embedded", "dir"},
			},
			{Name: "dir", Kind: provisioner.StringOption},
			{Name: "package", Kind: provisioner.StringOption},
			{Name: "version", Kind: provisioner.StringOption},
		},
	},
}

// options returns the options of a machine that has none of the files yet.
func options(t testing.TB) config.Options {
	t.Helper()
	t.Setenv("PROVISION_CONFIG", "")
	dir := t.TempDir()
	return config.Options{
		System: filepath.Join(dir, "system.yaml"), User: filepath.Join(dir, "user.yaml"), Schemas: schemas,
	}
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// load loads one file above the built-in layer.
func load(t *testing.T, content string) (*config.Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	opts := options(t)
	opts.Explicit = "provision.yaml"
	write(t, opts.Explicit, content)
	return config.Load(opts)
}

func TestLoad_servesTheThreeTypesOfTheRustHive(t *testing.T) {
	c, err := config.Load(options(t))
	require.NoError(t, err)
	require.Empty(t, c.Files)
	require.Equal(t, map[string]config.Vendor{
		"github-release": {Config: json.RawMessage(`{"api_url":"https://api.github.com/"}`)},
		"local-build":    {Config: json.RawMessage(`{}`), Build: true},
	}, c.Vendors)
	llamaCpp := provisioner.Source{
		Vendor: "github-release", Key: `github-release {"repo":"ggml-org/llama.cpp"}`,
		Config:   json.RawMessage(`{"api_url":"https://api.github.com/"}`),
		With:     json.RawMessage(`{"prerelease":true,"repo":"ggml-org/llama.cpp","tag":"b(?P<version>\\d+)"}`),
		Binary:   "llama-server",
		Contract: provisioner.ContractNone, Prerelease: true,
		Launch: &catalog.Launch{
			Args:  []string{"--host", "{host}", "--port", "{port}", "--model", "{model}"},
			Ready: &catalog.Ready{HTTP: "/health", Timeout: "10m"},
		},
	}
	reference := provisioner.Source{
		Vendor: "local-build", Key: `local-build {"source":"embedded"}`,
		Config: json.RawMessage(`{}`), With: json.RawMessage(`{"source":"embedded"}`),
		Contract: provisioner.ContractRbee, Fallback: true, Prerelease: true, Build: true,
	}
	require.Equal(t, map[catalog.WorkerType]config.Worker{
		catalog.CpuLlm:   {Sources: []provisioner.Source{llamaCpp, reference}},
		catalog.CudaLlm:  {Sources: []provisioner.Source{llamaCpp}},
		catalog.MetalLlm: {Sources: []provisioner.Source{llamaCpp}},
	}, map[catalog.WorkerType]config.Worker{
		catalog.CpuLlm:   {Sources: placeless(c.Workers[catalog.CpuLlm])},
		catalog.CudaLlm:  {Sources: placeless(c.Workers[catalog.CudaLlm])},
		catalog.MetalLlm: {Sources: placeless(c.Workers[catalog.MetalLlm])},
	})
	require.Len(t, c.Workers, 3)
}

// placeless returns the sources of w without their Where.
func placeless(w config.Worker) []provisioner.Source {
	sources := slices.Clone(w.Sources)
	for i := range sources {
		sources[i].Where = ""
	}
	return sources
}

func TestDefault_isACopyOfTheBuiltInLayer(t *testing.T) {
	c, err := load(t, string(config.Default()))
	require.NoError(t, err)
	require.Len(t, c.Workers, 3)
	config.Default()[0] = 'x'
	require.NotEqual(t, byte('x'), config.Default()[0])
}

func TestLoad_mergesMappingsAndReplacesLists(t *testing.T) {
	opts := options(t)
	write(t, opts.System, `
vendors:
  acme: {command: /opt/acme/vendor, args: [-v, serve], env: [ACME_TOKEN], config: {a: {x: 1, y: [1, 2]}, b: 1}}
  github-release: {config: {headers: {A: "1", B: "1"}, token_env: [A, B]}}
workers:
  cuda-llm: {sources: [{vendor: acme}]}
`)
	write(t, opts.User, `
vendors:
  acme: {args: [run], build: true, config: {a: {y: [3], z: 2}}}
  github-release: {config: {headers: {B: "2"}, token_env: [C]}}
workers:
  rocm: {sources: [{vendor: acme, with: {n: 5}}, {vendor: acme}]}
`)
	opts.Explicit = write(t, filepath.Join(t.TempDir(), "explicit.yaml"), `
workers:
  rocm-llm: {sources: [{vendor: acme, with: {n: 6}}]}
  metal: {sources: []}
`)
	c, err := config.Load(opts)
	require.NoError(t, err)
	require.Equal(t, []string{opts.System, opts.User, opts.Explicit}, c.Files)
	acme := json.RawMessage(`{"a":{"x":1,"y":[3],"z":2},"b":1}`)
	require.Equal(t, config.Vendor{
		Command: "/opt/acme/vendor", Args: []string{"run"}, Config: acme, Build: true, Env: []string{"ACME_TOKEN"},
	}, c.Vendors["acme"])
	require.JSONEq(t, `{"api_url":"https://api.github.com/","headers":{"A":"1","B":"2"},"token_env":["C"]}`,
		string(c.Vendors["github-release"].Config))
	require.Equal(t, []provisioner.Source{{
		Vendor: "acme", Key: keyOf("acme", string(acme), `{"n":6}`), Config: acme, With: json.RawMessage(`{"n":6}`),
		Contract: provisioner.ContractRbee, Prerelease: true, Build: true,
	}}, placeless(c.Workers["rocm-llm"]))
	require.Equal(t, opts.Explicit+":3:24", c.Workers["rocm-llm"].Sources[0].Where)
	require.Equal(t, []provisioner.Source{{
		Vendor: "acme", Key: keyOf("acme", string(acme), `{}`), Config: acme, With: json.RawMessage(`{}`),
		Contract: provisioner.ContractRbee, Prerelease: true, Build: true,
	}}, placeless(c.Workers[catalog.CudaLlm]), "a source gets its vendor as all layers make it")
	require.Len(t, c.Workers[catalog.CpuLlm].Sources, 2, "a type that no file names stays as it is built in")
	require.Empty(t, c.Workers[catalog.MetalLlm].Sources)
}

func TestLoad_readsAllFieldsOfASource(t *testing.T) {
	c, err := load(t, `
vendors:
  acme:
    command: /opt/acme/vendor
    sha256: 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08
workers:
  CpuLlm:
    sources:
      - vendor: acme
        with: {text: "7", int: -7, big: 18446744073709551615, float: 1.5, huge: 1e999, yes: true, none: ~,
               list: [a, {b: <&>}]}
        binary: worker
        unverified: true
        launch:
          args: ["{queen_url}", "{\"json\": 1}", "{worker_id}"]
          env: {LIBS: "{install_dir}/lib"}
          dir: "{install_dir}"
          ready: {http: /}
`)
	require.NoError(t, err)
	require.Equal(t, catalog.Digest("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
		c.Vendors["acme"].SHA256)
	with := `{"big":18446744073709551615,"float":1.5,"huge":"1e999","int":-7,` +
		`"list":["a",{"b":"<&>"}],"none":null,"text":"7","yes":true}`
	require.Equal(t, []provisioner.Source{{
		Vendor: "acme", Key: keyOf("acme", `{}`, with), Config: json.RawMessage(`{}`), With: json.RawMessage(with),
		Binary:   "worker",
		Contract: provisioner.ContractRbee, Prerelease: true, Unverified: true,
		Launch: &catalog.Launch{
			Args: []string{"{queen_url}", `{"json": 1}`, "{worker_id}"},
			Env:  map[string]string{"LIBS": "{install_dir}/lib"},
			Dir:  "{install_dir}", Ready: &catalog.Ready{HTTP: "/"},
		},
	}}, placeless(c.Workers[catalog.CpuLlm]))
}

// keyOf is the key of a source whose vendor has no description.
func keyOf(vendor, config, with string) string {
	return fmt.Sprintf("%s sha256:%x", vendor, sha256.Sum256([]byte(config+"\n"+with)))
}

func TestLoad_makesKeyOfIdentifyingOptionsAlone(t *testing.T) {
	c, err := load(t, `
workers:
  x: {sources: [{vendor: github-release, with: {tag: v, repo: a/b, asset: linux, max_releases: 3, exclude: [x]}}]}
`)
	require.NoError(t, err)
	require.Equal(t, `github-release {"asset":"linux","repo":"a/b"}`, c.Workers["x"].Sources[0].Key)
}

func TestLoad_readsDigestWithoutQuotes(t *testing.T) {
	for _, digits := range []string{
		"1234567890123456789012345678901234567890123456789012345678901234",
		"12345678901234567890123456789012345678901234567890123456789012e4",
		"sha256:1234567890123456789012345678901234567890123456789012345678901234",
	} {
		c, err := load(t, "vendors: {acme: {command: /x, sha256: "+digits+"}}")
		require.NoError(t, err)
		require.Contains(t, digits, c.Vendors["acme"].SHA256.Hex())
	}
}

func TestLoad_takesEmptyFilesAsEmptyLayers(t *testing.T) {
	for _, content := range []string{
		"", "# nothing\n", "---\n", "---\nvendors:\nworkers:\n...\n", "\ufeffvendors: {}\r\n",
	} {
		c, err := load(t, content)
		require.NoError(t, err, "%q", content)
		require.Len(t, c.Workers, 3)
	}
}

func TestLoad_requiresTheFileOfTheEnvironment(t *testing.T) {
	opts := options(t)
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	t.Setenv("PROVISION_CONFIG", missing)
	_, err := config.Load(opts)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, missing+": open file: ")
	require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))

	opts.Explicit = write(t, filepath.Join(t.TempDir(), "given.yaml"), "workers: {x: {sources: []}}")
	c, err := config.Load(opts)
	require.NoError(t, err, "the command line goes before the environment")
	require.Contains(t, c.Workers, catalog.WorkerType("x"))
}

func TestLoad_findsTheUsersFile(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, home)
	}
	dir, err := os.UserConfigDir()
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "rbee"), 0o700))
	path := write(t, filepath.Join(dir, "rbee", "provision.yaml"), "workers: {x: {sources: []}}")

	opts := options(t)
	opts.User = ""
	c, err := config.Load(opts)
	require.NoError(t, err)
	require.Equal(t, []string{path}, c.Files)
}

func TestLoad_hasNoUserLayerWithoutAHome(t *testing.T) {
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, "")
	}
	opts := options(t)
	opts.User = ""
	c, err := config.Load(opts)
	require.NoError(t, err)
	require.Empty(t, c.Files)
}

func TestLoad_removesNothingForAnEmptyMapping(t *testing.T) {
	opts := options(t)
	write(t, opts.System, "vendors: {github-release: {config: {headers: {A: a}}}}")
	write(t, opts.User, "vendors:\n  github-release:\n    config:\n      headers: # {B: b}\n")
	c, err := config.Load(opts)
	require.NoError(t, err)
	require.JSONEq(t, `{"api_url":"https://api.github.com/","headers":{"A":"a"}}`,
		string(c.Vendors["github-release"].Config))
}
