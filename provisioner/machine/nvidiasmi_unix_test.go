//go:build unix

package machine

import (
	"context"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNvidia_asksTheToolForTheComputeCapability(t *testing.T) {
	t.Parallel()
	f := aTree(t, "wsl")
	f.toolLimit = time.Minute
	facts, names := f.nvidia(context.Background())
	require.Equal(t, map[string]string{Driver: "580.88", CUDA: "13.0", SM: "89"}, facts.Host().Facts())
	require.Equal(t, []string{"NVIDIA GeForce RTX 4070 Laptop GPU"}, names)
	require.Contains(t, facts[2].Source, "/usr/lib/wsl/lib/nvidia-smi")
}

func TestNvidia_reportsTheLowestOfTwoGPUs(t *testing.T) {
	t.Parallel()
	f := aTree(t, "ubuntu-nvidia")
	f.toolLimit = time.Minute
	f.write(t, "/usr/bin/nvidia-smi", `#!/bin/sh
[ "$1" = --version ] && echo "CUDA UMD Version : 13.1" && exit
echo "8.9, 580.65.06, NVIDIA GeForce RTX 4090"
echo "8.6, 580.65.06, NVIDIA GeForce RTX 3060"
`)
	facts, _ := f.nvidia(context.Background())
	require.Equal(t, map[string]string{Driver: "580.65.06", CUDA: "13.1", SM: "86"}, facts.Host().Facts())
}

func TestNvidia_readsFilesWhereTheToolIsOld(t *testing.T) {
	t.Parallel()
	f := aTree(t, "arch-module")
	f.toolLimit = time.Minute
	f.write(t, "/usr/bin/nvidia-smi", "#!/bin/sh\n"+
		"echo 'Field \"compute_cap\" is not a valid field to query.'\nexit 2\n")
	facts, _ := f.nvidia(context.Background())
	require.Equal(t, map[string]string{Driver: "470.223.02", CUDA: "11.4"}, facts.Host().Facts())
	require.Contains(t, facts[2].Source, "exit status 2")
}

// hang makes a tool that never ends, and a pipe that ends when all processes of the tool have.
func hang(t *testing.T, f finder) (pipe string) {
	t.Helper()
	pipe = f.path("/alive")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	f.write(t, "/usr/bin/nvidia-smi", "#!/bin/sh\nexec 3>'"+pipe+"'\nsleep 100000 &\nwait\n")
	return pipe
}

func TestOutput_killsAToolThatHangsWithItsChildren(t *testing.T) {
	t.Parallel()
	f := aTree(t, "arch-module")
	f.toolLimit = time.Hour
	pipe := hang(t, f)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		alive, err := os.Open(pipe) // as soon as the tool has
		cancel()
		if err == nil {
			_, err = io.ReadAll(alive)
			alive.Close()
		}
		ended <- err
	}()
	facts, _ := f.nvidia(ctx)
	require.Contains(t, facts[2].Source, "no answer in time")
	require.Equal(t, "11.4", facts.Host().Facts()[CUDA])
	require.NoError(t, <-ended)
}

func TestOutput_limitsTheTimeOfATool(t *testing.T) {
	t.Parallel()
	f := aTree(t, "arch-module")
	f.toolLimit = time.Millisecond
	hang(t, f) // nobody reads the pipe: the tool waits for that
	facts, _ := f.nvidia(context.Background())
	require.Contains(t, facts[2].Source, "no answer in time")
}

func TestOutput_truncatesEndlessOutput(t *testing.T) {
	t.Parallel()
	var b prefix
	for range 3 {
		n, err := b.Write(make([]byte, maxText))
		require.NoError(t, err)
		require.Equal(t, maxText, n)
	}
	require.Equal(t, maxText, b.Len())
}
