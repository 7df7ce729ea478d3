package httpindex

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
)

var content = strings.Repeat("#!/bin/sh\necho worker\n", 200_000)

// mirror is a folder with an index of one worker for linux/amd64, in two versions, a prerelease, and one for macos.
func mirror(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "worker"), []byte(content), 0o644))
	index := fmt.Sprintf(`{"workers": [
		{"type": "cpu-llm", "version": "1.0.0", "platform": "linux", "arch": "amd64", "url": "worker"},
		{"type": "cpu-llm", "version": "1.1.0", "platform": "linux", "arch": "x86_64", "url": "worker",
			"size": %d, "digest": "sha512:%x"},
		{"type": "cpu-llm", "version": "1.2.0-rc.1", "platform": "linux", "arch": "amd64", "url": "worker",
			"digest": "sha256:%x"},
		{"type": "cpu-llm", "version": "1.3.0", "platform": "macos", "url": "worker"}
	]}`, len(content), sha512.Sum512([]byte(content)), sha256.Sum256([]byte(content)))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.json"), []byte(index), 0o644))
	return dir
}

func queryFor(index string) provisioner.Query {
	with, err := json.Marshal(map[string]string{"index": index})
	if err != nil {
		panic(err)
	}
	return provisioner.Query{Type: catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64, With: with}
}

func fileIndex(dir string) string {
	path := filepath.ToSlash(filepath.Join(dir, "index.json"))
	return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(path, "/")}).String()
}

func serve(t *testing.T, handler http.Handler) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestSource_keepsTheContractOfVendors(t *testing.T) {
	dir := mirror(t)
	address := serve(t, http.FileServer(http.Dir(dir)))
	silent := make(chan struct{})
	t.Cleanup(func() { close(silent) })
	stalling := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-silent:
		case <-r.Context().Done():
		}
	}))
	stalled := queryFor(stalling + "/index.json")
	for name, index := range map[string]string{"http": address + "/index.json", "file": fileIndex(dir)} {
		t.Run(name, func(t *testing.T) {
			vendortest.Run(t, vendortest.Suite{
				New: func() provisioner.VendorSource { return New() }, Query: queryFor(index), Stalled: &stalled,
			})
		})
	}
}

func TestResolve_offersWhatFits(t *testing.T) {
	index := serve(t, http.FileServer(http.Dir(mirror(t)))) + "/index.json"
	r, err := New().Resolve(t.Context(), queryFor(index))
	require.NoError(t, err)
	require.Len(t, r.Releases, 2)
	require.Equal(t, catalog.None, r.Releases[0].Integrity)
	require.Equal(t, catalog.Published, r.Releases[1].Integrity)
	require.Equal(t, "sha512", r.Releases[1].Files[0].Digest.Algorithm())
	require.Len(t, r.Rejected, 2)
	require.False(t, r.Volatile)

	query := queryFor(index)
	query.Constraint = catalog.MustConstraint(">= 1.2.0-rc.1")
	r, err = New().Resolve(t.Context(), query)
	require.NoError(t, err)
	require.Equal(t, "1.2.0-rc.1", r.Releases[0].Version.String())
}

func TestParseIndex_refusesAnInvalidIndexAsAWhole(t *testing.T) {
	entry := func(change string) string {
		return `{"workers": [{"type": "cpu-llm", "version": "1.0.0", "platform": "linux", "url": "worker"` +
			change + `}]}`
	}
	twice := strings.Replace(entry(""), "]}", ", "+strings.TrimPrefix(entry(""), `{"workers": [`), 1)
	_, err := parseIndex([]byte(entry("")))
	require.NoError(t, err)
	for part, index := range map[string]string{
		"at byte":               `{"workers": [`,
		"more follows":          entry("") + "{}",
		`unknown field "diget"`: entry(`, "diget": "sha256:00"`),
		"workers[0]: digest":    entry(`, "digest": "md5:00"`),
		"workers[0]: arch":      entry(`, "arch": "pdp11"`),
		"workers[0]: size":      entry(`, "size": -1`),
		"workers[0]: name":      entry(`, "name": "../worker"`),
		"workers[0]: url":       entry(`, "url": "https://user:secret@mirror.test/worker"`),
		"workers[0]: version": `{"workers": [{"type": "cpu-llm", "version": "latest", "platform": "linux", ` +
			`"url": "a"}]}`,
		"is missing": `{"workers": [{"version": "1.0.0", "url": "a"}]}`,
		"same type":  twice,
	} {
		_, err := parseIndex([]byte(index))
		require.ErrorContains(t, err, part, index)
	}
}

func FuzzParseIndex(f *testing.F) {
	f.Add([]byte(`{"workers": [{"type": "cpu-llm", "version": "1.0.0", "platform": "linux", "url": "worker"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		workers, err := parseIndex(data)
		if err != nil {
			return
		}
		for _, w := range workers {
			require.NotContains(t, w.name(), "/")
			require.False(t, w.version.IsZero())
		}
	})
}

func TestResolve_refusesLocalFilesOfAnIndexFromTheNetwork(t *testing.T) {
	index := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"workers": [{"type": "cpu-llm", "version": "1.0.0", "platform": "linux",
			"url": "file:///etc/passwd"}]}`)
	}))
	_, err := New().Resolve(t.Context(), queryFor(index+"/index.json"))
	require.Equal(t, provisioner.BadPayload, provisioner.KindOf(err))
	require.ErrorContains(t, err, "local file")
	_, err = New().Fetch(t.Context(), provisioner.FetchRequest{
		Query: queryFor(index + "/index.json"), Dir: t.TempDir(),
		Release: provisioner.Release{Ref: "file:///etc/passwd", Files: []provisioner.File{{Name: "passwd"}}},
	})
	require.Equal(t, provisioner.NotFound, provisioner.KindOf(err))
}

func TestSource_sendsTheTokenOnlyToTheHostOfTheIndex(t *testing.T) {
	t.Setenv("MIRROR_TOKEN", "secret")
	seen := map[string]string{}
	other := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen["other"] = r.Header.Get("Authorization")
		fmt.Fprint(w, content)
	}))
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen["own"] = r.Header.Get("Authorization")
		if seen["own"] != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"workers": [{"type": "cpu-llm", "version": "1.0.0", "platform": "linux",
			"url": "%s/worker"}]}`, other)
	}))
	query := queryFor(address + "/index.json")
	_, err := New().Resolve(t.Context(), query)
	require.Equal(t, provisioner.Unauthorized, provisioner.KindOf(err))
	require.NotEmpty(t, provisioner.HintOf(err))
	query.Config = []byte(`{"token_env": ["MIRROR_TOKEN"]}`)
	r, err := New().Resolve(t.Context(), query)
	require.NoError(t, err)
	_, err = New().Fetch(t.Context(), provisioner.FetchRequest{Query: query, Release: r.Releases[0], Dir: t.TempDir()})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"own": "Bearer secret", "other": ""}, seen)
}

func TestResolve_refusesAnIndexThatIsTooLong(t *testing.T) {
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range maxIndex/len(content) + 2 {
			_, _ = w.Write([]byte(content))
		}
	}))
	_, err := New().Resolve(t.Context(), queryFor(address+"/"))
	require.Equal(t, provisioner.BadPayload, provisioner.KindOf(err))
	require.ErrorContains(t, err, "longer than")
}
