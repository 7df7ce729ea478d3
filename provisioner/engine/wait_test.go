package engine_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

func TestProvision_waitsForAnotherProcessOnlyForAWhile(t *testing.T) {
	v := &fakeVendor{}
	v.offerScript("1.0.0")
	workers, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	p, err := engine.New(engine.Options{
		Catalog: workers, Vendors: fakeVendors{"fake": v}, LockTimeout: time.Millisecond,
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: {source("fake")}},
	})
	require.NoError(t, err)
	const id = "cpu-llm-worker-rbee-v1.0.0-linux"
	lock, err := workers.Lock(context.Background(), id, nil)
	require.NoError(t, err)

	_, err = p.Provision(t.Context(), linuxCPU)
	locked, ok := errors.AsType[*catalog.LockedError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, os.Getpid(), locked.PID)
	require.Equal(t, provisioner.Other, provisioner.KindOf(err))
	require.NotEmpty(t, provisioner.HintOf(err))
	require.Zero(t, v.fetches.Load())

	require.NoError(t, lock.Release())
	_, err = p.Provision(t.Context(), linuxCPU)
	require.NoError(t, err)
}
