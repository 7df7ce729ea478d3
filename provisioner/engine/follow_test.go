package engine_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

// growing writes a file piece by piece, and reports each as settled.
type growing struct {
	t    *testing.T
	req  provisioner.FetchRequest
	file provisioner.File
}

func (g growing) path() string { return filepath.Join(g.req.Dir, g.file.Name+".part") }

func (g growing) append(piece []byte) {
	f, err := os.OpenFile(g.path(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	require.NoError(g.t, err)
	_, err = f.Write(piece)
	require.NoError(g.t, err)
	require.NoError(g.t, f.Close())
	info, err := os.Stat(g.path())
	require.NoError(g.t, err)
	g.settle(info.Size())
}

func (g growing) settle(n int64) {
	g.req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: g.file.Name, Done: n, Total: g.file.Size,
		Path: g.file.Name + ".part", Settled: n})
}

func (g growing) finish() {
	require.NoError(g.t, os.Rename(g.path(), filepath.Join(g.req.Dir, g.file.Name)))
}

// unpacked waits until something was unpacked, while the vendor still runs.
func (h *house) unpacked(t *testing.T, name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		found, err := filepath.Glob(filepath.Join(h.home, "staging", "*", "entry", name))
		return err == nil && len(found) == 1
	}, 10*time.Second, time.Millisecond)
}

func TestProvision_unpacksWhileTheFileArrives(t *testing.T) {
	v := &fakeVendor{}
	noise := make([]byte, 4<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	release := v.offer("1.0.0", "worker.tar.gz", tarGz(t, "cpu-llm-worker-rbee", "#!/bin/sh\n", "data", string(noise)))
	archive := v.contents["worker.tar.gz"]
	v.contents = nil
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	v.onFetch = func(_ context.Context, req provisioner.FetchRequest) error {
		g := growing{t, req, release.Files[0]}
		half := len(archive) / 2
		g.append(archive[:half])
		h.unpacked(t, "cpu-llm-worker-rbee")
		g.append(archive[half:])
		g.finish()
		return nil
	}
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	require.Equal(t, "#!/bin/sh\n", content(t, result.Worker.Path))
	require.Equal(t, release.Files[0].Digest, result.Provenance.Brought[0].Digest)
}

func TestProvision_readsARestartedFileAgain(t *testing.T) {
	v := &fakeVendor{}
	release := v.offer("1.0.0", "worker", []byte("#!/bin/sh\necho new\n"))
	right := v.contents["worker"]
	v.contents = nil
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	for _, isTold := range []bool{true, false} {
		v.onFetch = func(_ context.Context, req provisioner.FetchRequest) error {
			g := growing{t, req, release.Files[0]}
			g.append([]byte("#!/bin/sh\necho old old old\n"))
			h.unpacked(t, "worker")
			if isTold {
				g.settle(0)
				require.NoError(t, os.Truncate(g.path(), 0))
			} else {
				require.NoError(t, os.Remove(g.path()))
			}
			require.NoError(t, os.WriteFile(g.path(), right, 0o644))
			g.finish()
			return nil
		}
		req := linuxCPU
		req.Force = true
		result, err := h.provision(req)
		require.NoError(t, err)
		require.Equal(t, string(right), content(t, result.Worker.Path))
	}
}

func TestProvision_cancelsTheFetchIfThisMachineFails(t *testing.T) {
	v := &fakeVendor{}
	release := v.offer("1.0.0", "worker", []byte("#!/bin/sh\n"))
	h := newHouse(t, fakeVendors{"fake": v}, source("fake"))
	v.onFetch = func(ctx context.Context, req provisioner.FetchRequest) error {
		entries, err := filepath.Glob(filepath.Join(h.home, "staging", "*", "entry"))
		require.NoError(t, err)
		require.NoError(t, os.Remove(entries[0]))
		growing{t, req, release.Files[0]}.append([]byte("#!"))
		<-ctx.Done()
		return ctx.Err()
	}
	_, err := h.provision(linuxCPU)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Equal(t, provisioner.Other, provisioner.KindOf(err))
	h.requireUntouched(t)
}
