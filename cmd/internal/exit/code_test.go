package exit

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestCode_knowsEveryKindOfError(t *testing.T) {
	t.Parallel()
	known := []int{Other, Usage, NoMatch, Unreachable, Unverified, Build, Plugin, Interrupted}
	for _, kind := range provisioner.Kinds() {
		require.Contains(t, known, kind.ExitCode(), kind)
		if kind != provisioner.Other {
			require.NotEqual(t, Other, kind.ExitCode(), kind)
		}
	}
}

func TestCode_isTheSignalsForAFailureAlone(t *testing.T) {
	t.Parallel()
	failure := fmt.Errorf("get it: %w", provisioner.Errorf(provisioner.NotFound, "no"))
	ctx, cancel := context.WithCancelCause(context.Background())
	require.Equal(t, NoMatch, Code(ctx, failure))
	require.Equal(t, Usage, Code(ctx, fmt.Errorf("run: %w", Usagef("want %d", 1))))
	require.Equal(t, Other, Code(ctx, errors.New("no")))
	cancel(signalled{syscall.SIGTERM})
	require.Equal(t, 143, Code(ctx, failure))
	require.Equal(t, Done, Code(ctx, nil))
}
