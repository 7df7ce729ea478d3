package engine_test

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// treeArchive is a tar with an executable, two libraries and a link to one.
func treeArchive(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, content := range map[string]string{
		"bin/cpu-llm-worker-rbee": "#!/bin/sh\nexec sleep 1\n", "lib/libone.so.1": "one", "lib/libtwo.so": "two, longer",
	} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)),
			Typeflag: tar.TypeReg}))
		_, err := w.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "lib/libone.so", Linkname: "libone.so.1",
		Typeflag: tar.TypeSymlink}))
	require.NoError(t, w.Close())
	return b.Bytes()
}

// newTreeHouse has the content of treeArchive installed, in the folder that it returns.
func newTreeHouse(t *testing.T) (h *house, v *fakeVendor, id, dir string) {
	t.Helper()
	v = &fakeVendor{}
	v.offer("1.0.0", "worker.tar", treeArchive(t))
	h = newHouse(t, fakeVendors{"fake": v}, source("fake"))
	id = h.provisioned(t).Worker.ID
	return h, v, id, h.workers.WorkerPath(id)
}

func (h *house) verify(t *testing.T, ids ...string) []verify.EntryReport {
	t.Helper()
	found, err := verify.Verify(context.Background(), h.workers, ids)
	require.NoError(t, err)
	return found
}

func flip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[len(data)/2] ^= 1
	require.NoError(t, os.WriteFile(path, data, 0o755))
}

func TestVerify_findsEveryKindOfDamage(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files there have no modes")
	}
	executable := "bin/cpu-llm-worker-rbee"
	in := func(name string, do func(*testing.T, string)) func(*testing.T, string) {
		return func(t *testing.T, dir string) { do(t, filepath.Join(dir, name)) }
	}
	remove := func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }
	write := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte(content), 0o755)) }
	}
	for name, test := range map[string]struct {
		harm func(*testing.T, string)
		want verify.Problem
	}{
		"gone":      {in("lib/libtwo.so", remove), verify.Problem{Kind: "missing", Path: "lib/libtwo.so"}},
		"truncated": {in("lib/libtwo.so", write("two")), verify.Problem{Kind: "size", Path: "lib/libtwo.so"}},
		"flipped":   {in("lib/libtwo.so", flip), verify.Problem{Kind: "digest", Path: "lib/libtwo.so"}},
		"unsafe": {in(executable, func(t *testing.T, p string) { require.NoError(t, os.Chmod(p, 0o777)) }),
			verify.Problem{Kind: "mode", Path: executable}},
		"leftover":   {in("lib/libthree.so", write("three")), verify.Problem{Kind: "leftover", Path: "lib/libthree.so"}},
		"record":     {in("metadata.json", write("{")), verify.Problem{Kind: "record", Path: "metadata.json"}},
		"provenance": {in("provenance.json", write("{")), verify.Problem{Kind: "provenance", Path: "provenance.json"}},
		"link": {in("lib/libone.so", func(t *testing.T, p string) {
			remove(t, p)
			require.NoError(t, os.Symlink("libtwo.so", p))
		}), verify.Problem{Kind: "link", Path: "lib/libone.so"}},
		"replaced by a folder": {in(executable, func(t *testing.T, p string) {
			remove(t, p)
			require.NoError(t, os.Mkdir(p, 0o755))
		}), verify.Problem{Kind: "type", Path: executable}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _, id, dir := newTreeHouse(t)
			require.Empty(t, h.verify(t)[0].Problems)
			test.harm(t, dir)
			found := h.verify(t)
			require.Len(t, found, 1)
			require.Equal(t, id, found[0].ID)
			require.True(t, found[0].IsDamaged())
			require.Len(t, found[0].Problems, 1)
			require.NotEmpty(t, found[0].Problems[0].Reason)
			found[0].Problems[0].Reason = ""
			require.Equal(t, test.want, found[0].Problems[0])
			require.Equal(t, provisioner.BadPayload, provisioner.KindOf(verify.DamageError(found, 1)))
		})
	}
}

func TestVerify_findsContradictingRecords(t *testing.T) {
	for reason, change := range map[string]func(*catalog.WorkerBinary){
		"has the version":                          func(w *catalog.WorkerBinary) { w.Version = "2.0.0" },
		"has the size":                             func(w *catalog.WorkerBinary) { w.Size++ },
		"has cuda-llm for linux":                   func(w *catalog.WorkerBinary) { w.WorkerType = catalog.CudaLlm },
		"which is not the entry's executable":      func(w *catalog.WorkerBinary) { w.Path = os.Args[0] },
		"has cpu-llm for windows under the ID cpu": func(w *catalog.WorkerBinary) { w.Platform = catalog.Windows },
	} {
		h, _, id, dir := newTreeHouse(t)
		w, err := h.workers.Get(id)
		require.NoError(t, err)
		change(&w)
		require.NoError(t, os.Remove(filepath.Join(dir, catalog.RecordFile)))
		require.NoError(t, h.workers.Add(w))
		c := h.verify(t)[0]
		require.Truef(t, c.Has(verify.ProblemRecord), "%s: %v", reason, c.Problems)
		require.Contains(t, c.Problems[len(c.Problems)-1].String(), reason)
	}
}

func TestVerify_readsAnEntryAgainThatIsBeingReplaced(t *testing.T) {
	t.Parallel()
	h, _, id, _ := newTreeHouse(t)
	var done atomic.Bool
	reinstalled := make(chan error, 1)
	go func() {
		defer done.Store(true)
		req := linuxCPU
		req.Force = true
		for range 20 {
			if _, err := h.Provision(context.Background(), req); err != nil {
				reinstalled <- err
				return
			}
		}
		reinstalled <- h.workers.Remove(id)
	}()
	for !done.Load() {
		for _, c := range h.verify(t) {
			require.Falsef(t, c.IsDamaged(), "%v", c.Problems)
		}
	}
	require.NoError(t, <-reinstalled)
	require.Empty(t, h.verify(t))
}

func TestVerify_endsWithItsContext(t *testing.T) {
	h, _, _, _ := newTreeHouse(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := verify.Verify(ctx, h.workers, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestVerify_reportsAnUnreadableFolderAndGoesOn(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("this user may read everything")
	}
	h, _, id, dir := newTreeHouse(t)
	require.NoError(t, os.Mkdir(h.workers.WorkerPath("closed"), 0o755))
	closed := h.workers.WorkerPath("closed")
	require.NoError(t, os.Chmod(closed, 0))
	t.Cleanup(func() { _ = os.Chmod(closed, 0o755) })
	found := h.verify(t)
	require.Len(t, found, 2)
	require.Equal(t, "closed", found[0].ID)
	require.True(t, found[0].Has(verify.ProblemUnreadable), "%v", found[0].Problems)
	require.Equal(t, id, found[1].ID)
	require.Empty(t, found[1].Problems)

	require.NoError(t, os.Chmod(dir, 0))
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	require.True(t, h.verify(t, id)[0].IsDamaged())
}
