package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestAHiveStartsTheVersionThatItIsToldAndNoneThatIsMarkedBad(t *testing.T) {
	t.Parallel()
	h, _ := newHive(t, "v2.0.0")
	spawn := func(constraint string) worker {
		t.Helper()
		o := order{Type: catalog.CpuLlm, Version: catalog.MustConstraint(constraint)}
		w, err := h.spawn(t.Context(), newWorkerID(o.Type), o, nil, func(narration) {})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, w.Stop(context.Background())) })
		requireHealthy(t, w.describe())
		return w
	}
	newest := spawn("")
	require.Equal(t, "2.0.0", newest.describe().Version)
	require.Equal(t, "1.0.0", spawn("~> 1.0").describe().Version)

	_, _, err := h.Rollback(t.Context(), provisioner.Request{Type: catalog.CpuLlm}, "it crashes")
	require.NoError(t, err)
	require.Equal(t, "1.0.0", spawn("").describe().Version)
	requireHealthy(t, newest.describe())
	_, err = h.spawn(t.Context(), "marked", order{Type: catalog.CpuLlm, Version: catalog.MustConstraint("2.0.0")}, nil,
		func(narration) {})
	require.Equal(t, provisioner.MarkedBad, provisioner.KindOf(err), "%v", err)
}
