//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Not parallel to others: the signals are this process's own.
func TestTheFirstSignalEndsTheWorkAndTheSecondThePatience(t *testing.T) {
	ctx, second, stop := untilSignal(context.Background())
	defer stop()
	patience, done := (&app{hurry: second}).whileTimeRemains()
	defer done()

	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	<-ctx.Done()
	cause, ok := errors.AsType[signalled](context.Cause(ctx))
	require.True(t, ok)
	require.Equal(t, 143, cause.exitCode())
	require.NoError(t, patience.Err())

	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGINT))
	<-patience.Done()
}
