package machine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var found = Facts{
	known(Libc, "glibc", "/bin/sh"), known(Glibc, "2.39", "libc.so.6"), unknown(Musl, "libc is glibc"),
	known(Loaders, "/lib64/ld", "there"),
	known(CPU, "x86-64-v3", "the processor"), known(Driver, "580.65.06", driverFile), known(CUDA, "13.0", "driver"),
}

func TestOverride_replacesFacts(t *testing.T) {
	facts, err := found.Override(map[string]string{"cpu": "x86-64-v1", "sm": "89", "glibc": ""})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		Libc: "glibc", Loaders: "/lib64/ld", CPU: "x86-64-v1", Driver: "580.65.06", CUDA: "13.0", SM: "89",
	}, facts.Host().Facts())
	require.Equal(t, "/bin/sh", facts[0].Source)
	require.Equal(t, "given", facts[1].Source)
	require.Equal(t, "2.39", found.Host().Facts()[Glibc], "what was found stays")
}

func TestOverride_replacesFactsThatDependOnAReplacedOne(t *testing.T) {
	facts, err := found.Override(map[string]string{"libc": "musl", "driver": "550.54.15"})
	require.NoError(t, err)
	want := map[string]string{Libc: "musl", CPU: "x86-64-v3", Driver: "550.54.15", CUDA: "12.4"}
	require.Equal(t, want, facts.Host().Facts())

	given := map[string]string{"libc": "musl", "musl": "1.2.5", "driver": "", "loaders": "/lib/ld-musl"}
	facts, err = found.Override(given)
	require.NoError(t, err)
	want = map[string]string{Libc: "musl", Musl: "1.2.5", Loaders: "/lib/ld-musl", CPU: "x86-64-v3"}
	require.Equal(t, want, facts.Host().Facts())

	facts, err = found.Override(map[string]string{"driver": "550", "cuda": "13.9"})
	require.NoError(t, err)
	require.Equal(t, "13.9", facts.Host().Facts()[CUDA])
}

func TestOverride_refusesAnUnknownKeyAndListsTheKnownOnes(t *testing.T) {
	_, err := found.Override(map[string]string{"libcc": "musl", "sm": "89"})
	require.EqualError(t, err, `unknown fact "libcc" of the machine: `+
		`use libc, glibc, musl, loaders, cpu, driver, cuda, sm, gfx, gpus, macos, distro`)
}
