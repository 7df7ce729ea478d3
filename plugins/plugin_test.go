package plugins

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func launch(t *testing.T, role string, env ...string) *Plugin {
	t.Helper()
	c := command(role)
	c.Env = append(c.Env, env...)
	p, err := Launch(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func requireFault(t *testing.T, err error, parts ...string) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err), err)
	for _, part := range append(parts, "acme: ") {
		require.ErrorContains(t, err, part)
	}
}

func TestDescribe(t *testing.T) {
	got, err := launch(t, "vendor").Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, testDescription, got)
}

func TestDescribeRefusesAVersionThatIsNone(t *testing.T) {
	_, err := launch(t, "vendor", "PLUGINS_TEST_DESCRIBE=no version").Describe(t.Context())
	requireFault(t, err, "describe: invalid answer", "latest")
}

func TestAVendorThatHangsInDescribeIsKilled(t *testing.T) {
	p := launch(t, "vendor", "PLUGINS_TEST_DESCRIBE=hang")
	p.describeTimeout = 50 * time.Millisecond
	_, err := p.Describe(t.Context())
	requireFault(t, err, "no answer within 50ms")
	_, err = p.Describe(t.Context())
	requireFault(t, err)
}

func TestEveryKindOfErrorComesThrough(t *testing.T) {
	p := launch(t, "vendor")
	for _, kind := range provisioner.Kinds() {
		_, err := p.Resolve(t.Context(), provisioner.Query{With: scripted(script{Do: "fail", Kind: kind})})
		if kind == provisioner.Cancelled { // nobody cancelled it
			requireFault(t, err, "nothing was cancelled")
			continue
		}
		want := &provisioner.Error{
			Kind: kind, Vendor: "acme", Message: "it rained", Hint: "take an umbrella", RetryAt: retryAt,
		}
		require.Equal(t, want, err)
	}
}

func TestResolveRefusesWhatIsInvalid(t *testing.T) {
	p := launch(t, "vendor")
	for do, part := range map[string]string{
		"too many":      "more than 10000",
		"too large":     "larger than max",
		"bad name":      `"../../etc/passwd"`,
		"bad digest":    "md5:00",
		"bad integrity": "unknown integrity",
		"bad kind":      "unknown kind",
	} {
		_, err := p.Resolve(t.Context(), provisioner.Query{With: scripted(script{Do: do})})
		requireFault(t, err, part)
	}
	_, err := p.Resolve(t.Context(), provisioner.Query{With: scripted(script{})})
	require.NoError(t, err, "the vendor still answers")
}

func TestFetchStreamsProgressAndReturnsTheResult(t *testing.T) {
	dir := t.TempDir()
	var progress []provisioner.Progress
	req := fetchRequest(dir, "")
	req.OnProgress = func(p provisioner.Progress) { progress = append(progress, p) }
	got, err := launch(t, "vendor").Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, provisioner.Fetched{Files: []string{"a"}, Details: map[string]string{"commit": "1a2b3c"}}, got)
	require.Equal(t, []provisioner.Progress{
		{Phase: provisioner.Downloading, File: "a", Done: 1, Total: 2},
		{Phase: provisioner.Building, Message: "caf\uFFFD"},
		{Phase: provisioner.Downloading, File: "a", Done: 2, Total: 2},
	}, progress)
	content, err := os.ReadFile(filepath.Join(dir, "a"))
	require.NoError(t, err)
	require.Equal(t, "1.2.3", string(content))
}

func TestFetchRefusesAPathThatLeavesTheFolder(t *testing.T) {
	_, err := launch(t, "vendor").Fetch(t.Context(), fetchRequest(t.TempDir(), "bad path"))
	requireFault(t, err, "a/../../b")
}

func TestAFloodOfProgressIsThinnedOut(t *testing.T) {
	var events, messages int
	var last provisioner.Progress
	req := fetchRequest(t.TempDir(), "flood")
	req.OnProgress = func(p provisioner.Progress) {
		events++
		if p.Message != "" {
			messages++
		}
		last = p
	}
	_, err := launch(t, "vendor").Fetch(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, 10, messages)
	require.Equal(t, int64(floodEvents), last.Done)
	require.Less(t, events, floodEvents/10)
}

func TestAPanicShowsItsTrace(t *testing.T) {
	_, err := launch(t, "vendor").Resolve(t.Context(), provisioner.Query{With: scripted(script{Do: "panic"})})
	requireFault(t, err, "resolve: connection lost: it ended with exit status 2\npanic: the moon is full", "testVendor")
}

func TestTheEnvironmentIsWhatWasGiven(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "secret")
	p := launch(t, "vendor", "LANG=C")
	got, err := p.Resolve(t.Context(), provisioner.Query{With: scripted(script{Do: "environment"})})
	require.NoError(t, err)
	temp := p.temp
	require.Equal(t, refusals("TMPDIR="+temp, "TMP="+temp, "TEMP="+temp, roleKey+"=vendor", raceOptions, "LANG=C"), got)
}

func TestTheWorkingFolderIsWhatWasGiven(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	c := command("vendor")
	c.Dir = dir
	p, err := Launch(t.Context(), c)
	require.NoError(t, err)
	defer func() { _ = p.Close() }()
	got, err := p.Resolve(t.Context(), provisioner.Query{With: scripted(script{Do: "folder"})})
	require.NoError(t, err)
	require.Equal(t, refusals(dir), got)
}

func TestLaunchRefusesWhatIsNoVendor(t *testing.T) {
	for role, parts := range map[string][]string{
		"garbage":        {"no handshake", "hello, world"},
		"binary garbage": {"no handshake"},
		"old":            {"99"},
		"elsewhere":      {"/run/other.sock"},
		"exit":           {"exit status 3", "no licence found"},
	} {
		t.Run(role, func(t *testing.T) {
			p, err := Launch(t.Context(), command(role))
			require.Nil(t, p)
			requireFault(t, err, append(parts, command(role).Path)...)
			require.NotEmpty(t, provisioner.HintOf(err))
		})
	}
}

func TestLaunchDoesNotWaitForeverForAHandshake(t *testing.T) {
	c := command("mute")
	c.StartTimeout = 500 * time.Millisecond
	_, err := Launch(t.Context(), c)
	requireFault(t, err, "no handshake within 500ms: it was killed\nthinking")
}

func TestLaunchIsCancelled(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Launch(ctx, command("mute"))
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(err))
}

func TestLaunchNamesAMissingExecutable(t *testing.T) {
	c := Command{Name: "acme", Path: filepath.Join(t.TempDir(), "vendor")}
	_, err := Launch(t.Context(), c)
	require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
	require.ErrorContains(t, err, "acme: start "+c.Path)
	c.Path = "vendor"
	_, err = Launch(t.Context(), c)
	require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
}

func TestLaunchRefusesAFileThatIsNoProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vendor")
	require.NoError(t, os.WriteFile(path, []byte("\x7fELF"), 0o700))
	_, err := Launch(t.Context(), Command{Name: "acme", Path: path})
	requireFault(t, err, path)
}

func TestACallAfterCloseIsAnError(t *testing.T) {
	p := launch(t, "vendor")
	require.NoError(t, p.Close())
	_, err := p.Describe(t.Context())
	require.Equal(t, provisioner.Cancelled, provisioner.KindOf(err))
}

func TestStderrIsCopied(t *testing.T) {
	var stderr bytes.Buffer
	c := command("exit")
	c.Stderr = &stderr
	_, err := Launch(t.Context(), c)
	require.Error(t, err)
	require.Contains(t, stderr.String(), "no licence found\n")
}

func TestServeTellsAPersonWhatTheProgramIs(t *testing.T) {
	c := command("vendor")
	cmd := exec.Command(c.Path)
	cmd.Env = c.Env
	output, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Equal(t, 1, cmd.ProcessState.ExitCode())
	require.Contains(t, string(output), "vendor")
}

func BenchmarkLaunch(b *testing.B) {
	c := command("vendor")
	for b.Loop() {
		p, err := Launch(context.Background(), c)
		require.NoError(b, err)
		_, err = p.Describe(context.Background())
		require.NoError(b, err)
		require.NoError(b, p.Close())
	}
}

func BenchmarkFirstAnswer(b *testing.B) {
	c := command("vendor")
	for b.Loop() {
		p, err := Launch(context.Background(), c)
		require.NoError(b, err)
		_, err = p.Describe(context.Background())
		require.NoError(b, err)
		b.StopTimer()
		require.NoError(b, p.Close())
		b.StartTimer()
	}
}
