package localbuild

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestRefusesWrongOptions(t *testing.T) {
	dir, err := json.Marshal(writeModule(t, nil))
	require.NoError(t, err)
	for with, want := range map[string]string{
		``:                                      "source is missing",
		`{}`:                                    "source is missing",
		`[]`:                                    "cannot unmarshal",
		`{"source": "git"}`:                     `source is "git"`,
		`{"source": "embedded"} {}`:             "more than one",
		`{"source": "embedded", "branch": "x"}`: `unknown field "branch"`,
		`{"source": "embedded", "version": "1.0.0"}`:                        "for source dir alone",
		`{"source": "embedded", "go": "go1.22"}`:                            "absolute path of the go executable",
		`{"source": "dir"}`:                                                 "absolute path of a folder",
		`{"source": "dir", "dir": "worker"}`:                                "absolute path of a folder",
		`{"source": "dir", "dir": ` + string(dir) + `, "package": "../x"}`:  "one package within dir",
		`{"source": "dir", "dir": ` + string(dir) + `, "package": "./..."}`: "one package within dir",
		`{"source": "dir", "dir": ` + string(dir) + `, "version": "new"}`:   `malformed version "new"`,
	} {
		q := provisioner.Query{Type: catalog.CpuLlm, With: json.RawMessage(with)}
		_, err := New().Resolve(t.Context(), q)
		requireKind(t, provisioner.InvalidConfig, err)
		require.Contains(t, err.Error(), want, with)
	}
}

func TestTakesNoConfigurationOfTheVendor(t *testing.T) {
	q := embedded(t)
	q.Config = json.RawMessage(`{"api_url": "x"}`)
	_, err := New().Resolve(t.Context(), q)
	requireKind(t, provisioner.InvalidConfig, err)
}

func TestAPackageCanNotBecomeAFlag(t *testing.T) {
	p, err := parseProject(query(t, map[string]string{"source": "dir", "dir": t.TempDir(), "package": "-toolexec=x"}))
	require.NoError(t, err)
	require.Equal(t, "./-toolexec=x", p.pkg)
}

func TestSaysWhatIsMissingOfAFolder(t *testing.T) {
	empty := t.TempDir()
	file := filepath.Join(empty, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	for want, with := range map[string]map[string]string{
		"nowhere":         {"dir": filepath.Join(empty, "nowhere")},
		"is not a folder": {"dir": file},
		"no go.mod":       {"dir": empty},
		"worker":          {"dir": writeModule(t, nil), "package": "cmd/worker"},
	} {
		with["source"] = "dir"
		_, err := New().Resolve(t.Context(), query(t, with))
		requireKind(t, provisioner.NotFound, err)
		require.Contains(t, err.Error(), want)
	}
}

func TestTheModuleMayBeAboveTheFolder(t *testing.T) {
	dir := writeModule(t, map[string]string{"cmd/worker/main.go": "package main\n"})
	request(t, query(t, map[string]string{"source": "dir", "dir": filepath.Join(dir, "cmd", "worker")}))
}
