package engine_test

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// forMacOS is an executable's header that says it needs a major version of macOS.
func forMacOS(major uint32) []byte {
	var b bytes.Buffer
	for _, word := range []uint32{0xfeedfacf, 0x0100000c, 0, 2, 1, 24, 0, 0, 0x32, 24, 1, major << 16, major << 16, 0} {
		_ = binary.Write(&b, binary.LittleEndian, word)
	}
	return b.Bytes()
}

var macCPU = provisioner.Request{Type: catalog.CpuLlm, Platform: catalog.MacOS, Arch: catalog.ARM64}

// newMac is a house for a machine with a version of macOS, over a catalog that may be another's too.
func newMac(t *testing.T, home, version string, v *fakeVendor) *house {
	t.Helper()
	workers, err := catalog.NewWorkerCatalogAt(home)
	require.NoError(t, err)
	p, err := engine.New(engine.Options{
		Catalog: workers, Vendors: fakeVendors{"fake": v}, StateDir: filepath.Join(home, "state"),
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: {source("fake")}},
		Host:    provisioner.Host{MacOS: version},
	})
	require.NoError(t, err)
	return &house{Provisioner: p, home: home, workers: workers}
}

func TestProvision_skipsAWorkerForANewerMachine(t *testing.T) {
	v := &fakeVendor{}
	v.offer("1.0.0", "worker-for-13", forMacOS(13))
	v.offer("2.0.0", "worker-for-15", forMacOS(15))
	h := newMac(t, t.TempDir(), "14.1", v)

	result, err := h.provision(macCPU)
	require.NoError(t, err)
	require.Equal(t, "1.0.0", result.Worker.Version)
	require.Contains(t, result.Reason, "cpu-llm-worker-rbee needs macOS 15.0, and the machine has 14.1")
	require.EqualValues(t, 2, v.fetches.Load())

	_, err = h.provision(macCPU)
	require.NoError(t, err)
	require.EqualValues(t, 2, v.fetches.Load(), "it is not fetched again")

	upgraded := newMac(t, h.home, "15.1", v)
	result, err = upgraded.provision(macCPU)
	require.NoError(t, err)
	require.Equal(t, "2.0.0", result.Worker.Version, "what was no use to the old system is of use to the new one")
}
