package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

// These are the older program's types of what it reads, and its ways of reading, as far as it refuses anything.
type (
	olderRecord struct {
		Artifact *struct {
			ID         string          `json:"id"`
			WorkerType string          `json:"worker_type"`
			Platform   string          `json:"platform"`
			Path       string          `json:"path"`
			Size       int64           `json:"size"`
			Status     json.RawMessage `json:"status"`
			Version    string          `json:"version"`
			AddedAt    time.Time       `json:"added_at"`
		} `json:"artifact"`
		AddedAt      time.Time  `json:"added_at"`
		LastAccessed *time.Time `json:"last_accessed"`
	}
	olderFile struct {
		Path   string `json:"path"`
		Size   int64  `json:"size"`
		Digest string `json:"digest"`
		Link   string `json:"link"`
		Mode   uint32 `json:"mode"`
	}
	olderProvenance struct {
		Vendor        string            `json:"vendor"`
		VendorVersion string            `json:"vendor_version"`
		Source        string            `json:"source"`
		Version       string            `json:"version"`
		Tag           string            `json:"tag"`
		Revision      string            `json:"revision"`
		Fallback      bool              `json:"fallback"`
		Volatile      bool              `json:"volatile"`
		Constraint    string            `json:"constraint"`
		Integrity     string            `json:"integrity"`
		Brought       []olderFile       `json:"brought"`
		Files         []olderFile       `json:"files"`
		Executable    string            `json:"executable"`
		Contract      string            `json:"contract"`
		Launch        map[string]any    `json:"launch"`
		Details       map[string]string `json:"details"`
		Sandbox       []string          `json:"sandbox"`
		Installer     string            `json:"installer"`
		Installed     time.Time         `json:"installed_at"`
	}
	olderPause struct {
		Until  time.Time     `json:"until"`
		Length time.Duration `json:"length_ns"`
		Slow   bool          `json:"slow"`
		Kind   string        `json:"kind"`
		Reason string        `json:"reason"`
	}
	olderCheck struct {
		Until  time.Time `json:"until"`
		Newest string    `json:"newest"`
	}
	olderOption struct {
		Name     string   `json:"name"`
		Kind     string   `json:"kind"`
		Help     string   `json:"help"`
		Identity bool     `json:"identity"`
		Values   []string `json:"values"`
	}
	olderDescription struct {
		Name     string        `json:"name"`
		Version  string        `json:"version"`
		Options  []olderOption `json:"options"`
		Settings []olderOption `json:"settings"`
		Needs    struct {
			Network bool     `json:"network"`
			Env     []string `json:"env"`
		} `json:"needs"`
	}
	olderPlugin struct {
		Digest      catalog.Digest   `json:"digest"`
		File        string           `json:"file"`
		Size        int64            `json:"size"`
		From        string           `json:"from"`
		InstalledAt time.Time        `json:"installed_at"`
		Description olderDescription `json:"description"`
	}
	olderExecutable struct {
		Path     string         `json:"path"`
		Digest   catalog.Digest `json:"digest"`
		Identity struct {
			Device, Inode           uint64
			Size, Modified, Changed int64
		} `json:"identity"`
	}
	olderManifest struct {
		Format  string    `json:"format"`
		Version int       `json:"version"`
		Created time.Time `json:"created_at"`
		Entries []struct {
			ID    string      `json:"id"`
			Bytes int64       `json:"bytes"`
			Files []olderFile `json:"files"`
		} `json:"entries"`
	}
)

// readsAs reads JSON as the older program does: keys that it does not know are left out.
func readsAs[T any](t *testing.T, data []byte) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(data, &v), "%s", data)
	return v
}

// unsealed takes the checksum off a provenance.json, which ends with it, as the older program does.
func unsealed(t *testing.T, sealed []byte) []byte {
	t.Helper()
	const begin, end = ",\n  \"checksum\": \"sha256:", "\"\n}"
	sealed = bytes.TrimSuffix(sealed, []byte("\n"))
	at := len(sealed) - len(begin) - 2*sha256.Size - len(end)
	require.Positive(t, at)
	record := append(bytes.Clone(sealed[:at]), "\n}"...)
	require.Equal(t, fmt.Sprintf("%s%s%x%s", sealed[:at], begin, sha256.Sum256(record), end), string(sealed))
	return record
}

// each reads the files of a pattern below the catalog's folder, of which there are some.
func (u *upgraded) each(pattern string, read func(path string, data []byte)) {
	u.t.Helper()
	paths, err := filepath.Glob(filepath.Join(u.home, filepath.FromSlash(pattern)))
	require.NoError(u.t, err)
	require.NotEmpty(u.t, paths, pattern)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(u.t, err)
		read(path, data)
	}
}

// newInstalled is a machine on which this program alone was used. It has some of every kind of file.
func newInstalled(t *testing.T) *upgraded {
	t.Helper()
	u := newUpgraded(t)
	program, err := exec.LookPath("older-vendor")
	require.NoError(t, err)
	vendor := filepath.Join(u.dir, "vendor.sh")
	require.NoError(t, os.WriteFile(vendor, []byte("#!/bin/sh\nexec "+program+"\n"), 0o755))
	u.home = filepath.Join(u.dir, "new")
	u.run(0, "plugin", "install", vendor)
	u.run(0, "cpu-llm@1.0.0")
	u.run(0, "cpu-llm")
	u.run(0, "mark", "cpu-llm-worker-rbee-v1.0.0-linux", "--bad", "--reason", "answers nonsense")
	u.run(3, "absent-llm")
	u.run(3, "acme-llm@9")
	u.run(0, "export", "cpu-llm", "-o", filepath.Join(u.dir, "new.tar.zst"))
	return u
}

func TestUpgrade_theOlderProgramReadsRecords(t *testing.T) {
	t.Parallel()
	u := newInstalled(t)
	u.each("workers/*/metadata.json", func(path string, data []byte) {
		r := readsAs[olderRecord](t, data)
		require.NotNil(t, r.Artifact, path)
		require.Equal(t, filepath.Base(filepath.Dir(path)), r.Artifact.ID)
		require.Equal(t, []string{"CpuLlm", "Linux"}, []string{r.Artifact.WorkerType, r.Artifact.Platform})
		require.FileExists(t, r.Artifact.Path)
		require.Contains(
			t,
			[]string{`"Available"`, `{"Failed":{"error":"marked bad: answers nonsense"}}`},
			compact(t, r.Artifact.Status),
		)
	})
	u.each("workers/*/provenance.json", func(path string, data []byte) {
		p := readsAs[olderProvenance](t, unsealed(t, data))
		require.Equal(t, []string{"github-release", "published", "none"}, []string{p.Vendor, p.Integrity, p.Contract})
		require.Equal(t, `github-release {"api_url":"http://github.invalid/","repo":"acme/worker"}`, p.Source)
		require.FileExists(t, filepath.Join(filepath.Dir(path), p.Executable))
		require.NotEmpty(t, p.Files)
		require.NotZero(t, p.Installed)
	})
}

func compact(t *testing.T, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Compact(&b, data))
	return b.String()
}

func TestUpgrade_theOlderProgramReadsState(t *testing.T) {
	t.Parallel()
	u := newInstalled(t)
	u.each(
		"state/checked/*.json",
		func(_ string, data []byte) { require.NotZero(t, readsAs[olderCheck](t, data).Until) },
	)
	for _, pattern := range []string{"state/paused/*.json", "state/absent/*.json"} {
		u.each(pattern, func(_ string, data []byte) {
			p := readsAs[olderPause](t, data)
			require.NotZero(t, p.Until)
			require.Equal(t, "not found", p.Kind)
			require.NotEmpty(t, p.Reason)
		})
	}
	u.each("state/vendors/github-release/answers/*", func(_ string, data []byte) {
		plain, err := gzip.NewReader(bytes.NewReader(data))
		require.NoError(t, err)
		reader := bufio.NewReader(plain)
		answer, err := http.ReadResponse(reader, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.True(t, json.Valid(body))
		require.NotEmpty(t, answer.Header.Get("ETag"))
		rest, err := io.ReadAll(reader)
		require.NoError(t, err)
		require.Empty(t, rest)
	})
}

func TestUpgrade_theOlderProgramReadsPluginsAndBundles(t *testing.T) {
	t.Parallel()
	u := newInstalled(t)
	u.each("plugins/*.json", func(path string, data []byte) {
		p := readsAs[olderPlugin](t, data)
		require.Equal(t, strings.TrimSuffix(filepath.Base(path), ".json"), p.Description.Name)
		require.FileExists(t, filepath.Join(u.home, "plugins", p.Digest.Hex(), p.File))
		require.True(t, p.Digest.Valid())
		require.NotEmpty(t, p.Description.Options)
	})
	if checks, _ := filepath.Glob(filepath.Join(u.home, "state", "plugins", "checks", "*.json")); len(
		checks,
	) > 0 { // of old files only
		u.each("state/plugins/checks/*.json", func(_ string, data []byte) { readsAs[olderExecutable](t, data) })
	}
	archive, err := os.Open(filepath.Join(u.dir, "new.tar.zst"))
	require.NoError(t, err)
	defer archive.Close()
	plain, err := zstd.NewReader(archive)
	require.NoError(t, err)
	defer plain.Close()
	members := tar.NewReader(plain)
	first, err := members.Next()
	require.NoError(t, err)
	require.Equal(t, "manifest.json", first.Name)
	data, err := io.ReadAll(members)
	require.NoError(t, err)
	m := readsAs[olderManifest](t, data)
	require.Equal(t, "provision-bundle", m.Format)
	require.Equal(t, 1, m.Version)
	require.Len(t, m.Entries, 1)
	_, err = catalog.ParseID(m.Entries[0].ID)
	require.NoError(t, err)
}
