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

func TestOptions_refuseWrongValues(t *testing.T) {
	dir, err := json.Marshal(writeModule(t, nil))
	require.NoError(t, err)
	inDir := func(more string) string { return `{"source": "dir", "dir": ` + string(dir) + `, ` + more + `}` }
	for with, want := range map[string]string{
		``:                                      "source is missing",
		`{}`:                                    "source is missing",
		`[]`:                                    "cannot unmarshal",
		`{"source": "floppy"}`:                  `source is "floppy"`,
		`{"source": "embedded"} {}`:             "more than one",
		`{"source": "embedded", "branch": "x"}`: `unknown field "branch"`,
		`{"source": "embedded", "version": "1.0.0"}`:                               "version is not for source embedded",
		`{"source": "embedded", "builder": "make"}`:                                "builder is not for source embedded",
		`{"source": "embedded", "go": "go1.22"}`:                                   "absolute path of the go executable",
		`{"source": "embedded", "jobs": -1}`:                                       "jobs is -1",
		`{"source": "embedded", "timeout": "soon"}`:                                `timeout is "soon"`,
		`{"source": "embedded", "timeout": "-1m"}`:                                 `timeout is "-1m"`,
		`{"source": "dir"}`:                                                        "absolute path of a folder",
		`{"source": "dir", "dir": "worker"}`:                                       "absolute path of a folder",
		inDir(`"url": "https://example.com/x"`):                                    "url is not for source dir",
		inDir(`"package": "../x"`):                                                 "one path within the source",
		inDir(`"package": "./..."`):                                                "one path within the source",
		inDir(`"version": "new"`):                                                  `malformed version "new"`,
		inDir(`"version": "1", "version_file": "V"`):                               "exclude each other",
		inDir(`"version_file": "/etc/passwd"`):                                     "one path within the source",
		inDir(`"version_file": "V", "version_pattern": "("`):                       "can't be read",
		inDir(`"version_file": "V", "version_pattern": "x"`):                       "no group named version",
		inDir(`"version_pattern": "(?P<version>x)"`):                               "is for version_file",
		inDir(`"tag": "x"`):                                                        "no group named version",
		inDir(`"builder": "bazel"`):                                                `builder is "bazel"`,
		inDir(`"targets": ["x"]`):                                                  "targets is not for builder go",
		inDir(`"builder": "make", "cgo": true`):                                    "cgo is not for builder make",
		inDir(`"builder": "make", "targets": ["--eval=x"]`):                        `"--eval=x" is not a valid name`,
		inDir(`"builder": "make", "variables": {"A B": "x"}`):                      `"A B" is not a valid name`,
		inDir(`"builder": "make", "output": "../worker"`):                          "one path within the source",
		inDir(`"builder": "command"`):                                              "commands is missing",
		inDir(`"env": {"TMPDIR": "/x"}`):                                           "TMPDIR",
		inDir(`"tools": {"/bin/sh": ""}`):                                          "not a valid name of a program",
		`{"source": "git"}`:                                                        "url is missing",
		`{"source": "git", "url": "worker"}`:                                       "give an address",
		`{"source": "git", "url": "--upload-pack=x"}`:                              "not the address",
		`{"source": "git", "url": "ext::sh -c x"}`:                                 "give an address",
		`{"source": "git", "url": "git://example.com/x"}`:                          "git is not supported",
		`{"source": "git", "url": "https://example.com/x", "ref": "-x"}`:           "ref is",
		`{"source": "git", "url": "https://example.com/x", "ref": "a..b"}`:         "ref is",
		`{"source": "git", "url": "https://example.com/x", "version": "1.0.0"}`:    "with a ref",
		`{"source": "go_module", "module": "-x"}`:                                  "module is",
		`{"source": "go_module", "module": "example.com/x@v1"}`:                    "module is",
		`{"source": "go_module", "module": "example.com/x", "builder": "command"}`: "builder is not for source go_module",
	} {
		q := provisioner.Query{Type: catalog.CpuLlm, With: json.RawMessage(with)}
		_, err := New().Resolve(t.Context(), q)
		requireKind(t, provisioner.InvalidConfig, err)
		require.Contains(t, err.Error(), want, with)
	}
}

func TestOptions_refuseAURLWithASecret(t *testing.T) {
	for _, url := range []string{
		"https://hunter2@example.com/x", "https://user:hunter2@example.com/x", "ssh://git:hunter2@example.com/x",
		"https://example.com/x?token=hunter2",
	} {
		_, err := New().Resolve(t.Context(), query(t, with{"source": "git", "url": url}))
		requireKind(t, provisioner.InvalidConfig, err)
		require.NotContains(t, err.Error()+provisioner.HintOf(err), "hunter2")
	}
}

func TestOptions_refuseUnknownVendorConfiguration(t *testing.T) {
	q := referenceWorker(t)
	q.Config = json.RawMessage(`{"api_url": "x"}`)
	_, err := New().Resolve(t.Context(), q)
	requireKind(t, provisioner.InvalidConfig, err)
}

func TestOptions_packageNeverBecomesAFlag(t *testing.T) {
	dir := writeModule(t, files{"-toolexec=x/main.go": printVersion})
	err := fails(t, query(t, with{"source": "dir", "dir": dir, "package": "-toolexec=x"}), provisioner.BuildFailed)
	require.Contains(t, err.Error(), "malformed import path")
}

func TestDirSource_reportsWhatIsMissing(t *testing.T) {
	empty := t.TempDir()
	file := filepath.Join(empty, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	for want, options := range map[string]with{
		"nowhere":         {"dir": filepath.Join(empty, "nowhere")},
		"is not a folder": {"dir": file},
		"no go.mod":       {"dir": empty},
		"worker":          {"dir": writeModule(t, nil), "package": "cmd/worker"},
	} {
		options["source"] = "dir"
		_, err := New().Resolve(t.Context(), query(t, options))
		requireKind(t, provisioner.BuildFailed, err)
		require.Contains(t, err.Error(), want)
	}
}

func TestDirSource_findsAModuleAboveTheFolder(t *testing.T) {
	dir := writeModule(t, files{"cmd/worker/main.go": "package main\n", "lib/lib.go": "package lib\n"})
	q := query(t, with{"source": "dir", "dir": filepath.Join(dir, "cmd", "worker")})
	before := request(t, q).Release.Revision
	writeTo(t, dir, files{"lib/lib.go": "package lib // changed\n"})
	require.NotEqual(t, before, request(t, q).Release.Revision, "all of the module counts")
}
