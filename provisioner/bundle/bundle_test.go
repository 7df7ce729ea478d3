package bundle

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
	"github.com/rbee-keeper/provision/provisioner/verify"
)

// noVendors opens no vendor: archives need none.
type noVendors struct{ provisioner.Vendors }

const sourceKey = "fake {}"

var linux = Options{Platform: catalog.Linux, Arch: catalog.AMD64}

func newMachine(t *testing.T) *engine.Provisioner {
	t.Helper()
	workers, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	p, err := engine.New(engine.Options{
		Catalog: workers, Vendors: noVendors{},
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: {{Vendor: "fake", Key: sourceKey}}},
	})
	require.NoError(t, err)
	return p
}

// install makes an entry with an executable, a library and a link.
func install(t *testing.T, p *engine.Provisioner, version, script string) string {
	t.Helper()
	c := p.Catalog()
	id := catalog.ID{
		Type: catalog.CpuLlm, Version: catalog.MustVersion(version), Platform: catalog.Linux, Arch: catalog.AMD64,
	}.String()
	staging, err := c.Staging(id)
	require.NoError(t, err)
	dir := filepath.Join(staging, "entry")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "lib"), 0o755))
	record := catalog.Provenance{
		Vendor: "fake", Source: sourceKey, Version: catalog.MustVersion(version),
		Integrity: catalog.Published, Executable: "worker",
	}
	for _, f := range []struct {
		name, content string
		mode          uint32
	}{{"lib/lib.so.1", "library of " + version, 0o644}, {"worker", script, 0o755}} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.name), []byte(f.content), os.FileMode(f.mode)))
		record.Files = append(record.Files, catalog.InstalledFile{
			Path: f.name, Size: int64(len(f.content)), Mode: f.mode, Digest: digestOf([]byte(f.content)),
		})
	}
	require.NoError(t, os.Symlink("lib.so.1", filepath.Join(dir, "lib", "lib.so")))
	record.Files = append(record.Files, catalog.InstalledFile{Path: "lib/lib.so", Link: "lib.so.1", Mode: 0o777})
	require.NoError(t, catalog.WriteProvenance(dir, record))
	path := filepath.Join(c.WorkerPath(id), "worker")
	w := catalog.NewWorkerBinary(id, catalog.CpuLlm, catalog.Linux, path, int64(len(script)), version)
	lock, err := c.Lock(context.Background(), id, nil)
	require.NoError(t, err)
	require.NoError(t, c.Commit(lock, w, dir))
	require.NoError(t, lock.Release())
	return id
}

func digestOf(content []byte) catalog.Digest {
	h := catalog.Digest("sha256:").Hash()
	h.Write(content)
	return catalog.DigestOf(h)
}

func export(t *testing.T, p *engine.Provisioner, ids ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	m, err := Export(context.Background(), p.Catalog(), ids, &b)
	require.NoError(t, err)
	require.ElementsMatch(t, ids, m.IDs())
	return b.Bytes()
}

func take(p *engine.Provisioner, archive []byte, opts Options) (Report, error) {
	return Import(context.Background(), p, bytes.NewReader(archive), opts)
}

// requireEmpty checks that nothing is installed, and nothing left of the attempt.
func requireEmpty(t *testing.T, p *engine.Provisioner) {
	t.Helper()
	for _, dir := range []string{"workers", "staging", "locks"} {
		entries, err := os.ReadDir(filepath.Join(p.Catalog().Home(), dir))
		if err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
		}
		require.Empty(t, entries, dir)
	}
}

func requireWhole(t *testing.T, p *engine.Provisioner, entries int) {
	t.Helper()
	found, err := verify.Verify(context.Background(), p.Catalog(), nil)
	require.NoError(t, err)
	require.Len(t, found, entries)
	for _, c := range found {
		require.Empty(t, c.Problems)
	}
}

// member is one of an archive's tar.
type member struct {
	tar.Header
	content string
}

// repack takes an archive apart and puts together what change makes of it.
func repack(t *testing.T, archive []byte, change func([]member) []member) []byte {
	t.Helper()
	d, err := zstd.NewReader(bytes.NewReader(archive))
	require.NoError(t, err)
	defer d.Close()
	var members []member
	for r := tar.NewReader(d); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		members = append(members, member{*header, string(content)})
	}
	var b bytes.Buffer
	packed, err := zstd.NewWriter(&b)
	require.NoError(t, err)
	w := tar.NewWriter(packed)
	for _, m := range change(members) {
		m.Header.Size = int64(len(m.content))
		require.NoError(t, w.WriteHeader(&m.Header))
		_, err := w.Write([]byte(m.content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, packed.Close())
	return b.Bytes()
}

func TestImport_installsWhatWasExported(t *testing.T) {
	from, to := newMachine(t), newMachine(t)
	one, two := install(t, from, "1.0.0", "#!/bin/sh\n"), install(t, from, "2.0.0", "#!/bin/sh\n#\n")
	archive := export(t, from, two, one)
	report, err := take(to, archive, linux)
	require.NoError(t, err)
	require.Len(t, report.Imported, 2)
	require.Empty(t, report.Present)
	require.Empty(t, report.Unserved)
	requireWhole(t, to, 2)
	for _, id := range []string{one, two} {
		want, err := from.Catalog().ReadProvenance(id)
		require.NoError(t, err)
		have, err := to.Catalog().ReadProvenance(id)
		require.NoError(t, err)
		require.Equal(t, want, have)
		w, err := to.Catalog().Get(id)
		require.NoError(t, err)
		require.Equal(t, filepath.Join(to.Catalog().WorkerPath(id), "worker"), w.Path)
	}
	staging, err := os.ReadDir(filepath.Join(to.Catalog().Home(), "staging"))
	require.NoError(t, err)
	require.Empty(t, staging)

	report, err = take(to, archive, linux)
	require.NoError(t, err)
	require.Empty(t, report.Imported)
	require.Len(t, report.Present, 2)
}

func TestImport_refusesAChangedArchive(t *testing.T) {
	from := newMachine(t)
	one, two := install(t, from, "1.0.0", "#!/bin/sh\n"), install(t, from, "2.0.0", "#!/bin/sh\n#\n")
	archive := export(t, from, one, two)
	inBoth := func(old, new string) func([]member) []member { // in the manifest and the record
		return func(all []member) []member {
			for i := range all {
				all[i].content = strings.ReplaceAll(all[i].content, old, new)
			}
			return all
		}
	}
	for name, change := range map[string]func([]member) []member{
		"a file is missing":       func(all []member) []member { return all[:len(all)-1] },
		"the manifest is missing": func(all []member) []member { return all[1:] },
		"a file more": func(all []member) []member {
			header := tar.Header{Name: "workers/" + one + "/more.so", Mode: 0o755, Typeflag: tar.TypeReg}
			return append(all, member{header, "more"})
		},
		"an entry more": func(all []member) []member {
			header := tar.Header{Name: "workers/other/metadata.json", Mode: 0o644, Typeflag: tar.TypeReg}
			return append(all, member{header, "{}"})
		},
		"a path that leads out": func(all []member) []member {
			return append(all, member{tar.Header{Name: "../../evil", Mode: 0o755, Typeflag: tar.TypeReg}, "evil"})
		},
		"a link that leads out": func(all []member) []member {
			header := tar.Header{Name: "workers/" + one + "/out", Linkname: "../../../..", Typeflag: tar.TypeSymlink}
			return append(all, member{header, ""})
		},
		"a changed file": inBoth("library of 2.0.0", "library OF 2.0.0"),
		"a changed file and manifest": func(all []member) []member {
			all = inBoth("library of 2.0.0", "library OF 2.0.0")(all)
			old, new := digestOf([]byte("library of 2.0.0")), digestOf([]byte("library OF 2.0.0"))
			all[0].content = strings.ReplaceAll(all[0].content, string(old), string(new))
			return all
		},
		"a link that leads elsewhere": func(all []member) []member {
			for i := range all {
				if all[i].Linkname != "" {
					all[i].Linkname = "../worker"
				}
			}
			return all
		},
		"another version of the format": inBoth(`"version": 1,`, `"version": 2,`),
		"an ID that is a path":          inBoth(`"id": "`+one+`"`, `"id": "../`+one+`"`),
		"another's ID":                  inBoth(`"id": "`+one+`"`, `"id": "`+two+`"`),
		"no executable mode": func(all []member) []member {
			for i := range all {
				all[i].Mode = 0o644
			}
			return all
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := newMachine(t)
			report, err := take(to, repack(t, archive, change), linux)
			require.Error(t, err)
			require.Empty(t, report.Imported)
			kinds := []provisioner.Kind{provisioner.BadPayload, provisioner.UnsafeArchive}
			require.Contains(t, kinds, provisioner.KindOf(err), "%v", err)
			requireEmpty(t, to)
		})
	}
}

func TestImport_installsNothingOfADamagedArchive(t *testing.T) {
	from := newMachine(t)
	archive := export(t, from, install(t, from, "1.0.0", "#!/bin/sh\n"))
	refused := 0
	for at := 0; at < len(archive); at += 13 {
		flipped := bytes.Clone(archive)
		flipped[at] ^= 1 << (at % 8)
		to := newMachine(t)
		if _, err := take(to, flipped, linux); err != nil {
			refused++
			requireEmpty(t, to)
			continue
		}
		requireWhole(t, to, 1)
	}
	require.NotZero(t, refused)
	for _, length := range []int{0, 1, len(archive) / 2, len(archive) - 1} {
		to := newMachine(t)
		_, err := take(to, archive[:length], linux)
		require.Error(t, err)
		requireEmpty(t, to)
	}
}

func TestImport_replacesOtherContentsOnlyByForce(t *testing.T) {
	from, to := newMachine(t), newMachine(t)
	archive := export(t, from, install(t, from, "1.0.0", "#!/bin/sh\n"), install(t, from, "2.0.0", "#!/bin/sh\n"))
	id := install(t, to, "2.0.0", "#!/bin/sh\n# mine\n")
	_, err := take(to, archive, linux)
	require.Equal(t, provisioner.DigestMismatch, provisioner.KindOf(err), "%v", err)
	require.Equal(t, 1, to.Catalog().Len(), "nothing of the archive was installed")

	lease, err := to.Catalog().Lease(id)
	require.NoError(t, err)
	forced := linux
	forced.Force = true
	_, err = take(to, archive, forced)
	var leased *catalog.LeasedError
	require.ErrorAs(t, err, &leased)
	require.Equal(t, 1, to.Catalog().Len())
	require.NoError(t, lease.Release())
	_, err = take(to, archive, forced)
	require.NoError(t, err)
	requireWhole(t, to, 2)
}

func TestImport_replacesDamagedEntries(t *testing.T) {
	from, to := newMachine(t), newMachine(t)
	id := install(t, from, "1.0.0", "#!/bin/sh\n")
	archive := export(t, from, id)
	for _, name := range []string{"worker", "lib/lib.so.1", catalog.RecordFile, catalog.ProvenanceFile} {
		_, err := take(to, archive, linux)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(filepath.Join(to.Catalog().WorkerPath(id), name), 3))
		report, err := take(to, archive, linux)
		require.NoError(t, err)
		require.Len(t, report.Imported, 1)
		requireWhole(t, to, 1)
	}
}

func TestExport_refusesWhatCanNotBeVerified(t *testing.T) {
	p := newMachine(t)
	id := install(t, p, "1.0.0", "#!/bin/sh\n")
	kindOf := func(id string) provisioner.Kind {
		_, err := Export(context.Background(), p.Catalog(), []string{id}, io.Discard)
		return provisioner.KindOf(err)
	}
	require.Equal(t, provisioner.NotFound, kindOf("none"))
	foreign := catalog.NewWorkerBinary("foreign", catalog.CpuLlm, catalog.Linux, "/nowhere", 1, "1")
	require.NoError(t, p.Catalog().Add(foreign))
	require.Equal(t, provisioner.Unverified, kindOf("foreign"))
	require.NoError(t, p.Catalog().MarkBad(t.Context(), id, "", nil))
	require.Equal(t, provisioner.NotFound, kindOf(id))
	require.NoError(t, p.Catalog().MarkGood(t.Context(), id, nil))
	library := filepath.Join(p.Catalog().WorkerPath(id), "lib", "lib.so.1")
	require.NoError(t, os.WriteFile(library, []byte("LIBRARY of 1.0.0"), 0o644))
	var b bytes.Buffer
	_, err := Export(context.Background(), p.Catalog(), []string{id}, &b)
	require.Equal(t, provisioner.BadPayload, provisioner.KindOf(err))
	to := newMachine(t)
	_, err = take(to, b.Bytes(), linux)
	require.Error(t, err, "what was written of it is no archive")
	requireEmpty(t, to)
}

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestExport_reportsAFullDiskOnce(t *testing.T) {
	p := newMachine(t)
	id := install(t, p, "1.0.0", "#!/bin/sh\n"+strings.Repeat("#\n", 1<<20))
	_, err := Export(t.Context(), p.Catalog(), []string{id}, fullDisk{})
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Equal(t, 1, strings.Count(err.Error(), syscall.ENOSPC.Error()), "%v", err)
}
