package localbuild

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestCancellingStopsARealBuild(t *testing.T) {
	t.Setenv("GOCACHE", t.TempDir()) // there is much to compile
	req := request(t, embedded(t))
	ctx, cancel := context.WithCancel(t.Context())
	req.OnProgress = func(provisioner.Progress) { cancel() }
	_, err := New().Fetch(ctx, req)
	requireKind(t, provisioner.Cancelled, err)
	require.ErrorIs(t, err, context.Canceled)
	require.NoDirExists(t, filepath.Join(req.Dir, scratchFolder))
	require.NoFileExists(t, filepath.Join(req.Dir, "cpu-llm-worker-rbee"+exeSuffix()))
}

func TestACancelledContextIsNoMissingTool(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := New().Resolve(ctx, embedded(t))
	requireKind(t, provisioner.Cancelled, err)
}

// asVendor names the file with the errand of playVendor.
const asVendor = "PROVISION_TEST_AS_VENDOR"

// errand is a FetchRequest that can be written down.
type errand struct {
	Query   provisioner.Query
	Release provisioner.Release
	Dir     string
}

// playBuild starts a compiler, the same program, that dials the address in dir and lives on, and waits for it.
func playBuild(dir string) int {
	address, err := os.ReadFile(filepath.Join(dir, "address"))
	if err != nil {
		return 1
	}
	if len(os.Args) > 2 && os.Args[2] == "compile" {
		conn, err := net.Dial("tcp", string(address))
		if err != nil {
			return 1
		}
		io.WriteString(conn, describeProcess())
		time.Sleep(time.Hour)
	}
	if err := exec.Command(os.Args[0], "build", "compile").Run(); err != nil {
		return 1
	}
	return 0
}
