package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// The benchmarks hold the program against what this machine can do, measured in the same run. The limit of an
// installation is the slowest of its single stages, each by a tool that does nothing else: `curl` to a file, `openssl
// dgst` of it, and for an archive `bsdtar`. ratio is the program's time over that limit; peak-MB is the memory of the
// program and its vendors together.

const (
	mib = 1 << 20
	gib = 1 << 30
)

// track is where a race is run: the program, a server, and a folder on one file system for all.
type track struct {
	dir     string
	program string
	server  *githubtest.Server
	asset   string // its name
}

func newTrack(b *testing.B, asset githubtest.Asset, tools ...string) *track {
	b.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			b.Skipf("%v: .ci/bench installs it", err)
		}
	}
	t := &track{dir: b.TempDir(), server: githubtest.Start(), asset: asset.Name}
	b.Cleanup(t.server.Close)
	asset.File = t.path("asset")
	require.NoError(b, os.WriteFile(asset.File, asset.Content, 0o600))
	asset.Content = nil
	t.server.Publish(repository, githubtest.Release{Tag: "v1.0.0", Assets: []githubtest.Asset{asset}})
	t.program = filepath.Join(t.dir, "provision")
	out, err := exec.Command("go", "build", "-o", t.program, ".").CombinedOutput()
	require.NoError(b, err, "%s", out)
	config := fmt.Sprintf(`
vendors: {github-release: {config: {api_url: %q}, ports: [%d]}}
workers: {cpu-llm: {sources: [{vendor: github-release, with: {repo: %s}}]}}`,
		t.server.URL(), t.server.Ports()[1], repository)
	require.NoError(b, os.WriteFile(t.path("provision.yaml"), []byte(config), 0o600))
	return t
}

func (t *track) path(name string) string { return filepath.Join(t.dir, name) }

func (t *track) url() string {
	return t.server.URL() + repository + "/releases/download/v1.0.0/" + t.asset
}

// clear deletes what the last runner left, and lets the disk come to rest. Then it touches the memory that the next
// runner's files will take: a virtual machine gives back to its host what is free for a while, and to have it again
// takes seconds for a GiB, which would be counted against whoever comes first.
func (t *track) clear(b *testing.B) {
	b.Helper()
	for _, name := range []string{"rbee", "file", "tree"} {
		require.NoError(b, os.RemoveAll(t.path(name)))
	}
	require.NoError(b, os.Mkdir(t.path("tree"), 0o755))
	require.NoError(b, exec.Command("sync", "-f", t.dir).Run())
	memory, err := unix.Mmap(
		-1,
		0,
		2*gib,
		unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_POPULATE,
	)
	require.NoError(b, err)
	require.NoError(b, unix.Munmap(memory))
}

// time runs a command in the track's folder and returns how long it took.
func (t *track) time(b *testing.B, command ...string) time.Duration {
	b.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = t.dir
	start := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(start)
	require.NoError(b, err, "%s", out)
	return took
}

// provision runs the program, and returns how long it took and the most memory that it and its vendors had, in bytes.
func (t *track) provision(b *testing.B, args ...string) (took time.Duration, peak int64) {
	b.Helper()
	cmd := exec.Command(t.program, append([]string{"cpu-llm", "--quiet"}, args...)...)
	cmd.Env = append(os.Environ(), "RBEE_CACHE_DIR="+t.path("rbee"), "PROVISION_CONFIG="+t.path("provision.yaml"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	require.NoError(b, cmd.Start())
	ended := make(chan struct{})
	watched := make(chan int64)
	go func() { watched <- peakMemory(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	took = time.Since(start)
	close(ended)
	require.NoError(b, err, "%s", &out)
	return took, <-watched
}

// peakMemory looks now and then, seldom enough not to be in the way, how much resident memory a process and its
// children had at most, and returns the most of the sum.
func peakMemory(pid int, ended <-chan struct{}) (peak int64) {
	for pause := 25 * time.Millisecond; ; pause = 100 * time.Millisecond {
		select {
		case <-ended:
			return peak
		case <-time.After(pause):
			peak = max(peak, residentMemory(pid))
		}
	}
}

func residentMemory(pid int) (sum int64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
			kib, _ := strconv.ParseInt(fields[1], 10, 64)
			sum += kib << 10
		}
	}
	children, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range children {
		list, _ := os.ReadFile(file)
		for _, child := range strings.Fields(string(list)) {
			if id, err := strconv.Atoi(child); err == nil {
				sum += residentMemory(id)
			}
		}
	}
	return sum
}

// noise is content that can't be compressed, but for the given part of each 4 KiB, which is zeros.
func noise(size int, zeros float64) []byte {
	content := make([]byte, size)
	source := rand.NewChaCha8([32]byte{})
	const block = 4 << 10
	for start := 0; start < size; start += block {
		end := min(start+block-int(zeros*block), size)
		_, _ = source.Read(content[start:end])
	}
	return content
}

const script = "#!/bin/sh\nexit\n"

func executable(size int) githubtest.Asset {
	return githubtest.Asset{Name: "worker-linux-amd64", Content: append([]byte(script), noise(size, 0)...)}
}

// archiveOf packs a worker and a library of 1 GiB.
func archiveOf(b *testing.B, suffix string, zeros float64) githubtest.Asset {
	b.Helper()
	var packed bytes.Buffer
	var stream io.WriteCloser
	var err error
	switch suffix {
	case ".tar.gz":
		stream, err = gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	case ".tar.zst":
		stream, err = zstd.NewWriter(&packed, zstd.WithEncoderLevel(zstd.SpeedFastest))
	}
	require.NoError(b, err)
	archive := tar.NewWriter(stream)
	for _, file := range []struct {
		name    string
		content []byte
	}{{"cpu-llm-worker-rbee", []byte(script)}, {"libbig.so", noise(gib, zeros)}} {
		require.NoError(
			b,
			archive.WriteHeader(&tar.Header{Name: file.name, Mode: 0o755, Size: int64(len(file.content))}),
		)
		_, err := archive.Write(file.content)
		require.NoError(b, err)
	}
	require.NoError(b, archive.Close())
	require.NoError(b, stream.Close())
	return githubtest.Asset{Name: "worker-linux-amd64" + suffix, Content: packed.Bytes()}
}

// totals sums up the runs of a benchmark.
type totals struct {
	ours, limit time.Duration
	peak        int64
}

// report puts the figures into a row, beside the most that the ratio may be.
func (s *totals) report(b *testing.B, most float64) {
	runs := float64(b.N)
	b.ReportMetric(0, "ns/op") // it would count the other tools' time too
	b.ReportMetric(s.ours.Seconds()/runs, "ours-s")
	b.ReportMetric(s.limit.Seconds()/runs, "limit-s")
	b.ReportMetric(s.ours.Seconds()/s.limit.Seconds(), "ratio")
	b.ReportMetric(most, "ratio-at-most")
	b.ReportMetric(float64(s.peak)/1e6, "peak-MB")
}

// BenchmarkInstall is from a release on a near server to a registered worker. The limits: 1.2 for an executable, 1.3
// for archives; 100 MB of memory. Where an archive unpacks to much more than it is, the SHA-256 of what it unpacks to
// takes longer than any of the tools, and on two processors, which the server shares, there is no room for it beside
// the rest.
func BenchmarkInstall(b *testing.B) {
	for _, c := range []struct {
		name  string
		most  float64
		asset func(*testing.B) githubtest.Asset
	}{
		{"executable-1GiB", 1.2, func(*testing.B) githubtest.Asset { return executable(gib) }},
		{"tar.gz-1GiB-compressible", 1.3, compressible(".tar.gz")},
		{"tar.gz-1GiB-noise", 1.3, func(b *testing.B) githubtest.Asset { return archiveOf(b, ".tar.gz", 0) }},
		{"tar.zst-1GiB-compressible", 1.3, compressible(".tar.zst")},
		{"tar.zst-1GiB-noise", 1.3, func(b *testing.B) githubtest.Asset { return archiveOf(b, ".tar.zst", 0) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			t := newTrack(b, c.asset(b), "curl", "openssl", "bsdtar")
			var s totals
			for range b.N {
				t.clear(b)
				took, peak := t.provision(b)
				s.ours, s.peak = s.ours+took, max(s.peak, peak)
				t.clear(b)
				limit := t.time(b, "curl", "-sSfL", "-o", "file", t.url())
				limit = max(limit, t.time(b, "openssl", "dgst", "-sha256", "file"))
				if strings.Contains(t.asset, ".tar.") {
					limit = max(limit, t.time(b, "bsdtar", "-xf", "file", "-C", "tree"))
				}
				s.limit += limit
			}
			s.report(b, c.most)
		})
	}
}

// BenchmarkInstallFromAfar is from a server 50 ms away, each of whose connections brings 20 MB/s. The limit is aria2
// with 16 connections; at most 1.1.
func BenchmarkInstallFromAfar(b *testing.B) {
	t := newTrack(b, executable(256*mib), "aria2c")
	t.clear(b)
	t.provision(b)
	t.server.Distance(50*time.Millisecond, 20e6)
	var s totals
	for range b.N {
		t.clear(b)
		took, peak := t.provision(b)
		s.ours, s.peak = s.ours+took, max(s.peak, peak)
		t.clear(b)
		s.limit += t.time(b, "aria2c", "-q", "-x16", "-s16", "-o", "file", t.url())
	}
	s.report(b, 1.1)
}

// BenchmarkInstallSmall measures how many seconds longer than curl an installation of 5 MB takes; at most 0.08.
func BenchmarkInstallSmall(b *testing.B) {
	t := newTrack(b, executable(5*mib), "curl")
	var ours, curl time.Duration
	var peak int64
	for range b.N {
		t.clear(b)
		took, most := t.provision(b)
		ours, peak = ours+took, max(peak, most)
		t.clear(b)
		curl += t.time(b, "curl", "-sSfL", "-o", "file", t.url())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours.Seconds()/float64(b.N), "ours-s")
	b.ReportMetric((ours-curl).Seconds()/float64(b.N), "more-than-curl-s")
	b.ReportMetric(0.08, "more-at-most-s")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
}

// BenchmarkNothingNewer is a run within the check interval; at most 10 ms.
func BenchmarkNothingNewer(b *testing.B) {
	t := newTrack(b, executable(mib))
	t.provision(b)
	var ours time.Duration
	asked := len(t.server.Requests())
	for range b.N {
		took, _ := t.provision(b)
		ours += took
	}
	require.Len(b, t.server.Requests(), asked, "it asks nobody")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours.Seconds()*1000/float64(b.N), "ours-ms")
	b.ReportMetric(10, "ours-at-most-ms")
}

// compressible returns the constructor of an archive whose content compresses as executables do.
func compressible(ending string) func(*testing.B) githubtest.Asset {
	return func(b *testing.B) githubtest.Asset { return archiveOf(b, ending, 0.565) }
}
