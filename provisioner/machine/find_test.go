package machine

import (
	"context"
	"maps"
	"runtime"
	"testing"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/stretchr/testify/require"
)

func TestFind_readsMachinesOfManyKinds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[string]string{
		"ubuntu-nvidia": {
			Distro: "ubuntu-24.04", Driver: "580.65.06", CUDA: "13.0",
			GPUs: "NVIDIA GeForce RTX 4090, NVIDIA GeForce RTX 3060",
		},
		"debian-proprietary": {Distro: "debian-12", Driver: "535.129.03", CUDA: "12.2"},
		"arch-module":        {Distro: "arch", Driver: "470.223.02", CUDA: "11.4"},
		"rocm":               {Distro: "fedora-42", GFX: "gfx1100", GPUs: "gfx1100, gfx1036"},
		"mi210":              {GFX: "gfx90a", GPUs: "gfx90a"},
		"wsl":                {Distro: "ubuntu-22.04"},
		"":                   {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := aTree(t, name).find(context.Background())
			have := facts.Host().Facts()
			delete(have, CPU)
			require.Equal(t, want, have)
			requireComplete(t, facts, Libc, Glibc, Musl, Loaders, CPU, Driver, CUDA, SM, GFX, GPUs, Distro)
		})
	}
}

// requireComplete checks that there is a fact for each key, in their order, and that each has a source.
func requireComplete(t *testing.T, facts Facts, want ...string) {
	t.Helper()
	var have []string
	for _, f := range facts {
		have = append(have, f.Key)
		require.NotEmpty(t, f.Source, f.Key)
	}
	require.Equal(t, want, have)
}

func TestFind_readsTheVersionOfMacOS(t *testing.T) {
	t.Parallel()
	f := aTree(t, "macos")
	f.os = "darwin"
	facts := f.find(context.Background())
	requireComplete(t, facts, CPU, MacOS)
	require.Equal(t, known(MacOS, "15.1", versionPlist), facts[1])
}

func TestFind_reportsNonsenseInFilesAsUnknown(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	for _, name := range []string{
		"/etc/os-release", driverFile, moduleFile, kfdNodes + "/0/properties", kfdNodes + "/1", "/bin/sh", versionPlist,
		"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib64/libc.so.6", wslLibrary,
	} {
		f.write(t, name, "\x7fELF\x02\x01\x01 ID=\x00;rm\nNVRM version:\n"+
			"gfx_target_version -1\n<key>ProductVersion</key>")
	}
	for _, os := range []string{"linux", "darwin", "plan9"} {
		f.os = os
		have := f.find(context.Background()).Host().Facts()
		maps.DeleteFunc(have, func(key, _ string) bool { return key == CPU || key == Libc || key == Loaders })
		require.Empty(t, have)
	}
}

// TestFind_readsThisMachine looks at whatever runs the tests.
func TestFind_readsThisMachine(t *testing.T) {
	t.Parallel()
	facts := Find(context.Background(), Options{})
	for _, f := range facts {
		require.Contains(t, provisioner.HostKeys(), f.Key)
		require.NotEmpty(t, f.Source, f.Key)
	}
	wantCPU := map[string]string{"amd64": `^x86-64-v[1-4]$`, "arm64": `^armv[89]\.\d$`}[runtime.GOARCH]
	require.Regexp(t, wantCPU, facts.Host().Facts()[CPU])
}

func TestFind_runsNoProgramOfAnotherRoot(t *testing.T) {
	t.Parallel()
	f := aTree(t, "wsl")
	require.Empty(t, Find(context.Background(), Options{Root: string(f.tree)}).Host().Facts()[SM])
}

func BenchmarkFind(b *testing.B) {
	for b.Loop() {
		Find(context.Background(), Options{})
	}
}
