//go:build unix

package exit

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Not parallel to each other: the signals are this process's own.
func TestUntilSignal_firstEndsTheWorkAndSecondTheCleanUp(t *testing.T) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP) // else it is ignored where the tests run under nohup
	defer signal.Stop(caught)
	for _, first := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		work, clearing, stop := UntilSignal(context.Background())
		defer stop()
		require.NoError(t, syscall.Kill(os.Getpid(), first))
		<-work.Done()
		require.Equal(t, 128+int(first), Code(work, errors.New("cancelled")))
		require.NoError(t, clearing.Err())

		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGINT))
		<-clearing.Done()
	}
}

func TestUntilSignal_respectsNohup(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	require.NotContains(t, endings(), syscall.SIGHUP)
}

func TestUntilSignal_stopEndsBothWithoutASignal(t *testing.T) {
	work, clearing, stop := UntilSignal(context.Background())
	stop()
	stop()
	<-work.Done()
	<-clearing.Done()
	require.Equal(t, Other, Code(work, errors.New("failed")))
}
