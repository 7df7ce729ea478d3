package prune

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// noVendors opens no vendor: pruning asks none.
type noVendors struct{ provisioner.Vendors }

// fixture is a catalog whose entries the tests write.
type fixture struct {
	*catalog.WorkerCatalog
	provisioner *engine.Provisioner
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	workers, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	fake := []provisioner.Source{{Vendor: "fake", Key: "fake {}"}}
	p, err := engine.New(engine.Options{
		Catalog: workers, Vendors: noVendors{},
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: fake, catalog.CudaLlm: fake},
	})
	require.NoError(t, err)
	return &fixture{workers, p}
}

// add installs a script as an entry for linux.
func (h *fixture) add(
	t *testing.T, kind catalog.WorkerType, version string, change func(*catalog.WorkerBinary, *catalog.Provenance),
) string {
	t.Helper()
	const script = "#!/bin/sh\n"
	id := catalog.ID{
		Type: kind, Version: catalog.MustVersion(version), Platform: catalog.Linux, Arch: catalog.AMD64,
	}.String()
	path := filepath.Join(h.WorkerPath(id), "worker")
	w := catalog.NewWorkerBinary(id, kind, catalog.Linux, path, int64(len(script)), version)
	p := catalog.Provenance{
		Source: "fake {}", Version: catalog.MustVersion(version), Executable: "worker",
		Files: []catalog.InstalledFile{{Path: "worker", Size: int64(len(script)), Mode: 0o755}},
	}
	if change != nil {
		change(&w, &p)
	}
	staging, err := h.Staging(id)
	require.NoError(t, err)
	dir := filepath.Join(staging, "entry")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "worker"), []byte(script), 0o755))
	require.NoError(t, catalog.WriteProvenance(dir, p))
	lock, err := h.Lock(context.Background(), id, nil)
	require.NoError(t, err)
	require.NoError(t, h.Commit(lock, w, dir))
	require.NoError(t, os.Remove(staging))
	require.NoError(t, lock.Release())
	return id
}

func (h *fixture) run(t *testing.T, opts Options) Report {
	t.Helper()
	report, err := Run(context.Background(), h.provisioner, opts)
	require.NoError(t, err)
	return report
}

func (h *fixture) ids(t *testing.T) []string {
	t.Helper()
	entries, err := h.List()
	require.NoError(t, err)
	ids := []string{}
	for _, w := range entries {
		ids = append(ids, w.ID)
	}
	return ids
}

func names(items []Item) []string {
	list := []string{}
	for _, i := range items {
		list = append(list, i.Name)
	}
	return list
}

func keeping(n int) Options { return Options{Keep: &n} }

func failed(why string) func(*catalog.WorkerBinary, *catalog.Provenance) {
	return func(w *catalog.WorkerBinary, _ *catalog.Provenance) {
		w.Status = catalog.Status{State: catalog.Failed, Error: why}
	}
}

func TestRun_keepsTheNewestOfEachType(t *testing.T) {
	h := newFixture(t)
	one, two := h.add(t, catalog.CpuLlm, "1.0.0", nil), h.add(t, catalog.CpuLlm, "2.0.0", nil)
	ten := h.add(t, catalog.CpuLlm, "10.0.0", nil)
	cuda := h.add(t, catalog.CudaLlm, "1.0.0", nil)
	size, err := catalog.FolderSize(h.WorkerPath(one))
	require.NoError(t, err)

	dry := keeping(2)
	dry.DryRun = true
	would := h.run(t, dry)
	require.Len(t, h.ids(t), 4, "a dry run removes nothing")
	report := h.run(t, keeping(2))
	require.Equal(t, would.Removed, report.Removed)
	require.Equal(t, []string{one}, names(report.Removed))
	require.Equal(t, size, report.Freed)
	require.Equal(t, []string{ten, two, cuda}, h.ids(t))

	require.Equal(t, []string{two}, names(h.run(t, keeping(1)).Removed))
	require.Empty(t, h.run(t, keeping(1)).Removed)
	only := keeping(0)
	only.Types = []catalog.WorkerType{catalog.CpuLlm}
	require.Equal(t, []string{ten}, names(h.run(t, only).Removed), "as was asked for")
	require.Equal(t, []string{cuda}, h.ids(t))
}

func TestRun_removesOnlyUnusedEntriesWithUnusedFor(t *testing.T) {
	h := newFixture(t)
	old := h.add(t, catalog.CpuLlm, "1.0.0", nil)
	used := h.add(t, catalog.CpuLlm, "2.0.0", nil)
	newest := h.add(t, catalog.CpuLlm, "3.0.0", nil)
	for _, id := range []string{old, used, newest} {
		backdate(t, h, id)
	}
	require.NoError(t, h.Touch(used))
	report := h.run(t, Options{UnusedFor: 30 * day})
	require.Equal(t, []string{old}, names(report.Removed))
	require.Equal(t, []string{used, newest}, h.ids(t), "the newest stays, however long it was not used")
}

// backdate makes an entry one that was added two months ago.
func backdate(t *testing.T, h *fixture, id string) {
	t.Helper()
	w, err := h.Get(id)
	require.NoError(t, err)
	file := filepath.Join(h.WorkerPath(id), catalog.RecordFile)
	record := `{"artifact": {"id": "` + id + `", "worker_type": "CpuLlm", "platform": "Linux", "path": "` +
		filepath.ToSlash(w.Path) + `", "size": 10, "status": "Available", "version": "` + w.Version +
		`", "added_at": "TIME"}, "added_at": "TIME", "last_accessed": null}`
	record = strings.ReplaceAll(record, "TIME", time.Now().Add(-60*day).UTC().Format(time.RFC3339))
	require.NoError(t, os.WriteFile(file, []byte(record), 0o644))
}

func TestRun_keepsWhatIsInUse(t *testing.T) {
	h := newFixture(t)
	leased, locked := h.add(t, catalog.CpuLlm, "1.0.0", nil), h.add(t, catalog.CpuLlm, "2.0.0", nil)
	broken := h.add(t, catalog.CpuLlm, "3.0.0", nil)
	h.add(t, catalog.CpuLlm, "4.0.0", nil)
	require.NoError(t, os.WriteFile(filepath.Join(h.WorkerPath(broken), catalog.RecordFile), []byte("{"), 0o644))
	lease, err := h.Lease(leased)
	require.NoError(t, err)
	lock, err := h.Lock(context.Background(), locked, nil)
	require.NoError(t, err)

	report := h.run(t, keeping(1))
	require.Empty(t, report.Removed)
	reasons := map[string]string{}
	for _, i := range report.Skipped {
		reasons[i.Name] = i.Reason
	}
	require.Contains(t, reasons[leased], "in use")
	require.Contains(t, reasons[locked], "another process works on it")
	require.Contains(t, reasons[broken], "can't be read")

	require.NoError(t, lease.Release())
	require.NoError(t, lock.Release())
	require.ElementsMatch(t, []string{leased, locked}, names(h.run(t, keeping(1)).Removed))
}

func TestRun_keepsMarkedBadUntilANewerOneIsInstalled(t *testing.T) {
	h := newFixture(t)
	good := h.add(t, catalog.CpuLlm, "1.0.0", nil)
	bad := h.add(t, catalog.CpuLlm, "2.0.0", failed("marked bad: it crashes"))
	report := h.run(t, keeping(1))
	require.Empty(t, report.Removed)
	require.Equal(t, []string{bad}, names(report.Skipped))
	require.Contains(t, report.Skipped[0].Reason, "marked bad: it crashes")

	h.add(t, catalog.CpuLlm, "3.0.0", nil)
	require.ElementsMatch(t, []string{good, bad}, names(h.run(t, keeping(1)).Removed))
}

func TestRun_doesNotCountDamagedEntries(t *testing.T) {
	h := newFixture(t)
	good := h.add(t, catalog.CpuLlm, "1.0.0", nil)
	damaged := h.add(t, catalog.CpuLlm, "2.0.0", nil)
	require.NoError(t, os.Remove(filepath.Join(h.WorkerPath(damaged), "worker")))
	report := h.run(t, keeping(1))
	require.Empty(t, report.Removed)
	require.Equal(t, []string{good, damaged}, h.ids(t))
	require.Contains(t, report.Skipped[0].Reason, "damaged: worker can't be read")
}

func TestRun_keepsWhatServesThoughAnotherSourceHasANewerOne(t *testing.T) {
	h := newFixture(t)
	serves := h.add(t, catalog.CpuLlm, "1.0.0", nil)
	stale := h.add(t, catalog.CpuLlm, "9.0.0", func(_ *catalog.WorkerBinary, p *catalog.Provenance) {
		p.Source = "gone {}"
	})
	require.Equal(t, []string{stale}, names(h.run(t, keeping(1)).Removed))
	require.Equal(t, []string{serves}, h.ids(t))
}

func TestRun_freesCachesAndAbandonedStaging(t *testing.T) {
	h := newFixture(t)
	h.add(t, catalog.CpuLlm, "1.0.0", nil)
	staging, err := h.Staging("dead")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(staging, "half"), make([]byte, 1000), 0o644))
	caches := filepath.Join(h.Home(), "state", "vendors", "local-build", "builds")
	for _, name := range []string{"idle", "busy"} {
		require.NoError(t, os.MkdirAll(filepath.Join(caches, name), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(caches, name, "object"), make([]byte, 200), 0o444))
		require.NoError(t, os.WriteFile(filepath.Join(caches, name+".lock"), nil, 0o644))
	}
	require.NoError(t, os.Chmod(filepath.Join(caches, "idle"), 0o555))
	held := flock.New(filepath.Join(caches, "busy.lock"))
	require.NoError(t, held.Lock())

	dry := h.run(t, Options{DryRun: true})
	require.Equal(t, []string{"dead", "local-build"}, names(dry.Removed))
	require.DirExists(t, filepath.Join(caches, "idle"))
	report := h.run(t, Options{})
	require.Equal(t, dry.Removed, report.Removed)
	require.EqualValues(t, 1200, report.Freed)
	require.NoDirExists(t, staging)
	require.NoDirExists(t, filepath.Join(caches, "idle"))
	require.FileExists(t, filepath.Join(caches, "busy", "object"), "somebody builds in it")
	require.Len(t, h.ids(t), 1, "without a rule no entry goes")
	require.NoError(t, held.Unlock())
}

func TestRun_freesNothingOfARunningInstallation(t *testing.T) {
	h := newFixture(t)
	lock, err := h.Lock(context.Background(), "living", nil)
	require.NoError(t, err)
	staging, err := h.Staging("living")
	require.NoError(t, err)
	cache := filepath.Join(h.Home(), "state", "vendors", "local-build", "object")
	require.NoError(t, os.MkdirAll(filepath.Dir(cache), 0o755))
	require.NoError(t, os.WriteFile(cache, []byte("object"), 0o644))
	report := h.run(t, Options{})
	require.Empty(t, report.Removed)
	require.DirExists(t, staging)
	require.FileExists(t, cache)
	require.Contains(t, report.Skipped[0].Reason, "living is being installed")
	require.NoError(t, lock.Release())
	require.Equal(t, []string{"living", "local-build"}, names(h.run(t, Options{}).Removed))
}

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30d": 30 * day, "2w": 14 * day, "36h": 36 * time.Hour, "1h30m": 90 * time.Minute,
	} {
		got, err := ParseSpan(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "d", "30", "0d", "-1d", "1.5d", "99999d", "1y", "-3h"} {
		_, err := ParseSpan(text)
		require.Error(t, err, text)
	}
}
