package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// upgraded is a machine on which an older program was used and which has this program now. testdata/upgrade/README.md
// describes it.
type upgraded struct {
	t      *testing.T
	dir    string // of all that the archive holds
	home   string // the catalog's
	server *githubtest.Server
}

// newUpgraded unpacks what the older program left, and publishes again what it had downloaded.
func newUpgraded(t *testing.T) *upgraded {
	t.Helper()
	dir := t.TempDir()
	u := &upgraded{t: t, dir: dir, home: filepath.Join(dir, "rbee"), server: githubtest.Start()}
	t.Cleanup(u.server.Close)
	unpackOld(t, dir)
	config, err := os.ReadFile(filepath.Join(dir, "provision.yaml"))
	require.NoError(t, err)
	config = bytes.ReplaceAll(config, []byte("PORT"), []byte(strconv.Itoa(u.server.Ports()[1])))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "provision.yaml"), config, 0o600))
	tags, err := filepath.Glob(filepath.Join(dir, "releases", "*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, tags)
	for _, tag := range tags {
		files, err := filepath.Glob(filepath.Join(tag, "*"))
		require.NoError(t, err)
		release := githubtest.Release{Tag: filepath.Base(tag)}
		for _, file := range files {
			release.Assets = append(release.Assets, githubtest.Asset{Name: filepath.Base(file), File: file})
		}
		u.server.Publish("acme/"+filepath.Base(filepath.Dir(tag)), release)
	}
	return u
}

// unpackOld unpacks the archive with the modes that it has.
func unpackOld(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open("testdata/upgrade/before.tar.gz")
	require.NoError(t, err)
	defer f.Close()
	compressed, err := gzip.NewReader(f)
	require.NoError(t, err)
	modes := map[string]os.FileMode{}
	for archive := tar.NewReader(compressed); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		switch h.Typeflag {
		case tar.TypeDir:
			require.NoError(t, os.MkdirAll(path, 0o700))
		case tar.TypeSymlink:
			require.NoError(t, os.Symlink(h.Linkname, path))
			continue
		default:
			data, err := io.ReadAll(archive)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, data, 0o600))
		}
		modes[path] = h.FileInfo().Mode().Perm()
	}
	for path, mode := range modes {
		require.NoError(t, os.Chmod(path, mode))
	}
}

// run runs this program and returns its stdout. It must end with an exit code.
func (u *upgraded) run(code int, args ...string) string {
	u.t.Helper()
	vendor, err := exec.LookPath("older-vendor")
	require.NoError(u.t, err)
	cmd := exec.Command("provision", args...)
	cmd.Env = []string{
		"HOME=" + u.dir, "RBEE_CACHE_DIR=" + u.home, "PROVISION_CONFIG=" + filepath.Join(u.dir, "provision.yaml"),
		"HTTP_PROXY=" + u.server.URL(), "ACME_VENDOR=" + vendor, "PATH=" + os.Getenv("PATH"), "GORACE=" + noRaceSleep,
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	require.Equal(u.t, code, cmd.ProcessState.ExitCode(), "%v: %s%s", args, stdout.String(), stderr.String())
	return stdout.String()
}

// downloads lists the requests for files that the server had.
func (u *upgraded) downloads() []string {
	var list []string
	for _, r := range u.server.Requests() {
		if !strings.Contains(r, "/releases?") {
			list = append(list, r)
		}
	}
	return list
}

func (u *upgraded) path(parts ...string) string {
	return filepath.Join(append([]string{u.home, "workers"}, parts...)...)
}

func TestUpgrade_listsAndVerifiesWhatIsInstalled(t *testing.T) {
	t.Parallel()
	u := newUpgraded(t)
	table := u.run(0, "list")
	for _, row := range []string{
		`acme-llm +1\.5\.0 +linux/amd64 +Available +acme `, `cpu-llm +0\.2\.0 +linux/amd64 +Available +- `,
		`cpu-llm +1\.0\.0 +linux/amd64 +Available +github-release `,
		`cpu-llm +2\.0\.0 +linux/amd64 +Available +github-release `,
		`cpu-llm +1\.1\.0 +linux/amd64 +Failed: marked bad: answers nonsense +github-release `,
		`cpu-llm +0\.1\.0 +linux/amd64 +Available +- `, `local-llm +0\.3\.0 +linux/amd64 +Available +local-build `,
	} {
		require.Regexp(t, `(?m)^`+row, table)
	}
	require.Equal(t, 8, strings.Count(table, "\n"))
	require.NotContains(t, u.run(0, "verify"), "damaged")
	require.Empty(t, u.server.Requests())
}

func TestUpgrade_servesWhatIsInstalledAndDownloadsNothing(t *testing.T) {
	t.Parallel()
	u := newUpgraded(t)
	newest := u.path("cpu-llm-worker-rbee-v2.0.0-linux", "worker-2", "bin", "worker")
	oldest := u.path("cpu-llm-worker-rbee-v1.0.0-linux", "worker")
	for _, more := range [][]string{{"--offline"}, nil, {"--refresh"}} {
		require.Equal(t, newest+"\n", u.run(0, append([]string{"cpu-llm"}, more...)...))
		require.Equal(t, oldest+"\n", u.run(0, append([]string{"cpu-llm@1.0.0"}, more...)...))
		require.Equal(t, u.path("acme-llm-worker-rbee-v1.5.0-linux", "acme-llm-worker-rbee")+"\n",
			u.run(0, append([]string{"acme-llm"}, more...)...))
		require.Equal(t, u.path("local-llm-worker-rbee-v0.3.0-linux", "local-llm-worker-rbee")+"\n",
			u.run(0, append([]string{"local-llm"}, more...)...))
		u.run(3, append([]string{"cpu-llm@1.1.0"}, more...)...) // which is marked bad
	}
	require.Equal(t, newest+"\n", u.run(0, "which", "cpu-llm"))
	out, err := exec.Command(newest).Output()
	require.NoError(t, err)
	require.Equal(t, "I am worker v2.0.0\n", string(out))
	require.NotEmpty(t, u.server.Requests())
	require.Empty(t, u.downloads())
}

func TestUpgrade_startsTheInstalledPlugin(t *testing.T) {
	t.Parallel()
	u := newUpgraded(t)
	const digest = "37e4ebf786eeae8f486a3a81836e92237ba12b4df3436602feb010365b37f6f8"
	require.Regexp(t, `(?m)^acme +1\.0\.0 +`+digest+` +2026-11-29 +/opt/acme/vendor\.sh$`, u.run(0, "plugin", "list"))
	info := u.run(0, "plugin", "info", "acme")
	require.Regexp(t, `(?m)^granted +env: ACME_VENDOR$`, info)
	require.Regexp(t, `(?m)^executable +`+filepath.Join(u.home, "plugins", digest, "vendor.sh")+`$`, info)
	require.Regexp(t, `(?m)^\* +acme +1\.5\.0 +worker +installed`, u.run(0, "resolve", "acme-llm", "--refresh"))
}

func TestUpgrade_changesWhatIsInstalled(t *testing.T) {
	t.Parallel()
	u := newUpgraded(t)
	u.run(0, "mark", "cpu-llm-worker-rbee-v1.1.0-linux", "--good")
	require.Equal(t, u.path("cpu-llm-worker-rbee-v1.1.0-linux", "worker")+"\n", u.run(0, "rollback", "cpu-llm"))
	u.run(0, "remove", "cpu-llm-worker-rbee-v2.0.0-linux") // its lease ended with the worker
	require.NoFileExists(t, u.path("cpu-llm-worker-rbee-v2.0.0-linux", "metadata.json"))
	u.run(0, "prune", "--keep", "1")
	require.Equal(t, u.path("cpu-llm-worker-rbee-v1.1.0-linux", "worker")+"\n", u.run(0, "cpu-llm", "--offline"))
}

func TestUpgrade_completesAnInterruptedDownload(t *testing.T) {
	t.Parallel()
	u := newUpgraded(t)
	installed := strings.TrimSpace(u.run(0, "slow-llm"))
	have, err := os.ReadFile(installed)
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join(u.dir, "releases", "slow", "v3.0.0", "worker-linux-amd64"))
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(want), sha256.Sum256(have))
}

func TestUpgrade_importsTheBundle(t *testing.T) {
	t.Parallel()
	u := newUpgraded(t)
	u.home = filepath.Join(u.dir, "other") // a machine without any worker, or plugin
	config := "workers: {cpu-llm: {sources: [{vendor: github-release, with: {repo: acme/worker}, binary: worker}]}}\n" +
		"vendors: {github-release: {config: {api_url: \"http://github.invalid/\"}}}\n"
	require.NoError(t, os.WriteFile(filepath.Join(u.dir, "provision.yaml"), []byte(config), 0o600))
	var report struct {
		Imported []struct{ ID string } `json:"imported"`
		Unserved []string              `json:"unserved"`
	}
	out := u.run(0, "import", filepath.Join(u.dir, "bundle.tar.zst"), "--json")
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Len(t, report.Imported, 2)
	require.Empty(t, report.Unserved)
	require.Equal(
		t,
		u.path("cpu-llm-worker-rbee-v2.0.0-linux", "worker-2", "bin", "worker")+"\n",
		u.run(0, "cpu-llm", "--offline"),
	)
	u.run(0, "verify")
	require.Empty(t, u.server.Requests())
}
