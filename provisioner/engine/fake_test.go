package engine_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// fakeVendor offers what a test tells it to, in this process. It opens itself.
type fakeVendor struct {
	mu       sync.Mutex
	releases []provisioner.Release
	contents map[string][]byte // by file name
	refused  []provisioner.Rejection
	volatile bool
	details  map[string]string // beside those that every Fetch tells
	err      error             // of Resolve
	faulty   string            // the `with:` of a source at which it is at fault

	onFetch  func(ctx context.Context, req provisioner.FetchRequest) error
	onClose  func()
	brought  []string // overrides the names that Fetch reports
	resolves atomic.Int32
	fetches  atomic.Int32
}

func (v *fakeVendor) Describe(context.Context) (provisioner.Description, error) {
	return provisioner.Description{Name: "fake", Version: "1.0.0"}, nil
}

func (v *fakeVendor) Resolve(_ context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	v.resolves.Add(1)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.faulty != "" && v.faulty == string(q.With) {
		return provisioner.Resolution{}, provisioner.Errorf(provisioner.PluginFault, "crashed")
	}
	return provisioner.Resolution{Releases: append([]provisioner.Release(nil), v.releases...), Rejected: v.refused,
		Volatile: v.volatile}, v.err
}

func (v *fakeVendor) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	v.fetches.Add(1)
	if v.onFetch != nil {
		if err := v.onFetch(ctx, req); err != nil {
			return provisioner.Fetched{}, err
		}
	}
	var fetched provisioner.Fetched
	for _, f := range req.Release.Files {
		if content, ok := v.contents[f.Name]; ok {
			if err := os.WriteFile(filepath.Join(req.Dir, f.Name), content, 0o644); err != nil {
				return fetched, err
			}
		}
		req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: f.Name, Done: f.Size, Total: f.Size})
		fetched.Files = append(fetched.Files, f.Name)
	}
	if v.brought != nil {
		fetched.Files = v.brought
	}
	fetched.Details = map[string]string{
		"url":     "https://user:secret@example.org/worker?token=secret",
		"command": "git clone https://secret@example.org/x.git#secret",
		"scp":     "user:secret@example.org:x.git",
	}
	maps.Copy(fetched.Details, v.details)
	return fetched, nil
}

func (v *fakeVendor) Confinement() provisioner.Confinement { return provisioner.Confinement{} }

func (v *fakeVendor) Close() error {
	if v.onClose != nil {
		v.onClose()
	}
	return nil
}

// offer adds a release of one file with this content, and its true digest.
func (v *fakeVendor) offer(version, file string, content []byte) *provisioner.Release {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.contents == nil {
		v.contents = map[string][]byte{}
	}
	v.contents[file] = content
	v.releases = append(v.releases, provisioner.Release{
		Version: catalog.MustVersion(version), Tag: "v" + version, Integrity: catalog.Published,
		Files: []provisioner.File{{Name: file, Size: int64(len(content)), Digest: digestOf(content)}},
	})
	return &v.releases[len(v.releases)-1]
}

// offerScript offers a release that is a script which prints its version.
func (v *fakeVendor) offerScript(version string) *provisioner.Release {
	return v.offer(version, "worker-"+version, fmt.Appendf(nil, "#!/bin/sh\necho %s\n", version))
}

func digestOf(content []byte) catalog.Digest {
	return catalog.Digest(fmt.Sprintf("sha256:%x", sha256.Sum256(content)))
}

// fakeVendors opens the vendors of a test by name.
type fakeVendors map[string]*fakeVendor

func (v fakeVendors) Open(_ context.Context, name string, _ provisioner.Folders) (provisioner.Vendor, error) {
	return v[name], nil
}

// house is a provisioner over fake vendors and a catalog in a temporary folder.
type house struct {
	*engine.Provisioner
	home    string
	workers *catalog.WorkerCatalog
	events  []provisioner.Event
}

// linuxCPU asks for what every machine can be told to fetch.
var linuxCPU = provisioner.Request{Type: catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64}

func newHouse(t *testing.T, vendors fakeVendors, sources ...provisioner.Source) *house {
	t.Helper()
	return newHouseAt(t, t.TempDir(), vendors, sources...)
}

func newHouseAt(t *testing.T, home string, vendors fakeVendors, sources ...provisioner.Source) *house {
	t.Helper()
	workers, err := catalog.NewWorkerCatalogAt(home)
	require.NoError(t, err)
	p, err := engine.New(engine.Options{
		Catalog: workers, Vendors: vendors, StateDir: filepath.Join(home, "state"), Installer: "test",
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: sources},
	})
	require.NoError(t, err)
	return &house{Provisioner: p, home: home, workers: workers}
}

// source makes a source of a vendor, with options that tell it from others.
func source(vendor string) provisioner.Source {
	return provisioner.Source{Vendor: vendor, Key: vendor + " {}", With: json.RawMessage("{}"),
		Contract: provisioner.ContractRbee}
}

// provision provisions req and keeps its events.
func (h *house) provision(req provisioner.Request) (provisioner.Result, error) {
	h.events = nil
	req.OnEvent = func(e provisioner.Event) { h.events = append(h.events, e) }
	return h.Provision(context.Background(), req)
}

// provisioned provisions linuxCPU, which must succeed.
func (h *house) provisioned(t *testing.T) provisioner.Result {
	t.Helper()
	result, err := h.provision(linuxCPU)
	require.NoError(t, err)
	return result
}

func (h *house) actions() []provisioner.Action {
	var actions []provisioner.Action
	for _, e := range h.events {
		actions = append(actions, e.Action)
	}
	return actions
}

// requireUntouched checks that nothing is installed, nothing is half-done and no lock is left.
func (h *house) requireUntouched(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"workers", "staging", "locks"} {
		entries, err := os.ReadDir(filepath.Join(h.home, dir))
		if err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
		}
		require.Empty(t, entries, dir)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}
