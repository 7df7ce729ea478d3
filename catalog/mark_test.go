package catalog

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMarkBad_changesOnlyTheStatus(t *testing.T) {
	for name, spelled := range map[string]struct{ good, bad string }{
		"original":  {`"Available"`, `{"Failed":{"error":"marked bad: it \"crashes\" now"}}`},
		"camel":     {`"Available"`, `{"Failed":{"error":"marked bad: it \"crashes\" now"}}`},
		"lowercase": {`"available"`, `{"failed":{"error":"marked bad: it \"crashes\" now"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			c := newWorkers(t)
			record := string(dialect(t, name))
			w, err := decodeWorker([]byte(record))
			require.NoError(t, err)
			writeRecord(t, c, w.ID, record)
			require.NoError(t, c.MarkBad(t.Context(), w.ID, "it \"crashes\"\nnow", LockOptions{}))
			require.Equal(t, strings.Replace(record, spelled.good, spelled.bad, 1), recordOf(t, c, w.ID))
			marked, err := c.Get(w.ID)
			require.NoError(t, err)
			require.True(t, marked.Status.IsMarkedBad())
			require.Equal(t, BadStatus(`it "crashes" now`), marked.Status)

			require.NoError(t, c.MarkGood(t.Context(), w.ID, LockOptions{}))
			require.Equal(t, record, recordOf(t, c, w.ID))
			require.NoError(t, c.MarkGood(t.Context(), w.ID, LockOptions{}))
		})
	}
}

func TestFind_skipsAnEntryThatIsMarkedBad(t *testing.T) {
	c := newWorkers(t)
	older, newer := worker(c, "1.0.0"), worker(c, "2.0.0")
	addWithFile(t, c, older)
	addWithFile(t, c, newer)
	lease, err := c.Lease(newer.ID)
	require.NoError(t, err)
	require.NoError(t, c.MarkBad(t.Context(), newer.ID, "", LockOptions{}), "though a worker runs from it")
	require.NoError(t, lease.Release())
	found, err := c.FindByTypeAndPlatform(CpuLlm, Current())
	require.NoError(t, err)
	require.Equal(t, older.ID, found.ID)
	require.NoError(t, c.MarkGood(t.Context(), newer.ID, LockOptions{}))
	found, err = c.FindByTypeAndPlatform(CpuLlm, Current())
	require.NoError(t, err)
	require.Equal(t, newer.ID, found.ID)
}

func TestMarkBad_refusesAnEntryThatIsNotAvailable(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	w.Status = Status{State: Failed, Error: "download broke"}
	require.NoError(t, c.Add(t.Context(), w))
	require.ErrorContains(t, c.MarkBad(t.Context(), w.ID, "", LockOptions{}),
		"not available anyway: Failed: download broke")
	require.ErrorContains(t, c.MarkGood(t.Context(), w.ID, LockOptions{}), "not marked bad, but Failed: download broke")
	require.ErrorIs(t, c.MarkBad(t.Context(), "none", "", LockOptions{}), ErrNotFound)
	require.ErrorContains(t, c.MarkBad(t.Context(), w.ID, strings.Repeat("x", 501), LockOptions{}),
		"longer than 500 bytes")
}

func TestSalvageMark_findsAMarkInADamagedRecord(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	require.NoError(t, c.Add(t.Context(), w))
	_, ok := c.SalvageMark(w.ID)
	require.False(t, ok)
	require.NoError(t, c.MarkBad(t.Context(), w.ID, "it crashes", LockOptions{}))
	record := recordOf(t, c, w.ID)
	writeRecord(t, c, w.ID, record[:len(record)-20])
	_, err := c.Get(w.ID)
	require.Error(t, err)
	mark, ok := c.SalvageMark(w.ID)
	require.True(t, ok)
	require.Equal(t, BadStatus("it crashes"), mark)
}

func TestMarkBad_reportsTheWaitAndEndsWithItsContext(t *testing.T) {
	c := newWorkers(t)
	w := worker(c, "1.0.0")
	require.NoError(t, c.Add(t.Context(), w))
	c.waitNotice = time.Millisecond
	lock, err := c.Lock(t.Context(), w.ID, LockOptions{})
	require.NoError(t, err)
	for _, mark := range []func(context.Context, func(string)) error{
		func(ctx context.Context, onWait func(string)) error {
			return c.MarkBad(ctx, w.ID, "", LockOptions{OnWait: onWait})
		},
		func(ctx context.Context, onWait func(string)) error {
			return c.MarkGood(ctx, w.ID, LockOptions{OnWait: onWait})
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		require.ErrorIs(t, mark(ctx, func(string) { cancel() }), context.Canceled)
	}
	require.NoError(t, lock.Release())
	have, err := c.Get(w.ID)
	require.NoError(t, err)
	require.Equal(t, Available, have.Status.State)
}
