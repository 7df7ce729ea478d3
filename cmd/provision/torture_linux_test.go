package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner/verify"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// tortureVariable set to "long" has the torture take minutes; a number is the seed of an earlier one that is to be
// repeated.
const (
	tortureVariable = "PROVISION_TORTURE"
	seedVariable    = "PROVISION_TORTURE_SEED"
)

// tortured is a catalog that real processes of `provision` work on, with the server that they fetch from.
type tortured struct {
	*testing.T
	server    *githubtest.Server
	workers   *catalog.WorkerCatalog
	env       []string
	random    *rand.Rand
	published int // releases so far: v0.0.1 and on
}

const tortureConfig = `check_interval: 0s
vendors:
  github-release:
    config: {api_url: %q}
    ports: [%d]
    env: [GORACE]
workers:
  cpu-llm:
    sources: [{vendor: github-release, with: {repo: acme/worker, asset: worker-linux-amd64.tar.gz}, binary: worker}]
  kept-llm:
    sources: [{vendor: github-release, with: {repo: acme/worker, asset: worker-linux-amd64.tar.gz}, binary: worker}]
`

// torture begins with an empty catalog at home.
func torture(t *testing.T, home string) *tortured {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		_, err := fmt.Sscan(text, &seed)
		require.NoError(t, err)
	}
	t.Logf("%s=%d", seedVariable, seed)
	workers, err := catalog.NewWorkerCatalogAt(home)
	require.NoError(t, err)
	c := &tortured{T: t, server: githubtest.Start(), workers: workers, random: rand.New(rand.NewPCG(seed, 0))}
	t.Cleanup(c.server.Close)
	dir := t.TempDir()
	config := filepath.Join(dir, "provision.yaml")
	require.NoError(
		t,
		os.WriteFile(config, fmt.Appendf(nil, tortureConfig, c.server.URL(), c.server.Ports()[1]), 0o600),
	)
	c.env = []string{
		"RBEE_CACHE_DIR=" + home,
		"PROVISION_CONFIG=" + config,
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + dir,
		"TMPDIR=" + dir,
		"GORACE=" + noRaceSleep,
	}
	return c
}

// isLong reports whether the torture's long form is wanted.
func isLong() bool { return os.Getenv(tortureVariable) == "long" }

// publish makes a release of an executable and a library of this many bytes, and returns its version.
func (c *tortured) publish(libraryBytes int) string {
	c.published++
	version := versionOf(c.published)
	library := make([]byte, libraryBytes)
	for i := range library {
		library[i] = byte(c.random.Uint32())
	}
	packed := targz(func(err error) { require.NoError(c, err) },
		"worker", "#!/bin/sh\necho worker "+version+"\n", "lib/lib.so", string(library))
	c.server.Publish(repository, githubtest.Release{Tag: "v" + version, Assets: []githubtest.Asset{{
		Name: "worker-linux-amd64.tar.gz", Content: packed,
	}}})
	return version
}

// command is a `provision` that is yet to be started, for linux/amd64 wherever that matters.
func (c *tortured) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "provision", args...)
	cmd.Env = c.env
	return cmd
}

// commandLimit is more than any command takes: one that takes longer hangs.
const commandLimit = 2 * time.Minute

// run runs `provision` and returns its exit code and what it printed.
func (c *tortured) run(args ...string) (code int, stdout, stderr string) {
	ctx, cancel := context.WithTimeout(context.Background(), commandLimit)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := c.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	if ctx.Err() != nil {
		return -1, out.String(), "it hangs: " + errs.String()
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// must runs a command that has to end with one of some exit codes.
func (c *tortured) must(codes []int, args ...string) string {
	c.Helper()
	code, stdout, stderr := c.run(args...)
	require.Contains(c, codes, code, "provision %s: %s%s", strings.Join(args, " "), stdout, stderr)
	return stdout
}

var success = []int{0}

func install(version string) []string {
	return []string{"cpu-llm@" + version, "--platform", "linux/amd64"}
}

func versionOf(n int) string { return fmt.Sprintf("0.0.%d", n) }

func idOf(version string) string { return "cpu-llm-worker-rbee-v" + version + "-linux" }

// requireAllVerify checks every file of every entry but those that are expected to be damaged, and that every record
// can be read.
func (c *tortured) requireAllVerify(but ...string) {
	c.Helper()
	_, err := c.workers.List()
	require.NoError(c, err)
	found, err := verify.Verify(context.Background(), c.workers, nil)
	require.NoError(c, err)
	for _, condition := range found {
		if !slices.Contains(but, condition.ID) {
			require.False(c, condition.IsDamaged(), "%+v", condition)
		}
	}
}
