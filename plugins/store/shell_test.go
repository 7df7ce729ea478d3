//go:build unix

package store

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

func TestTheInstallCommandSurvivesAShell(t *testing.T) {
	digits := strings.Repeat("0", 64)
	for from, more := range map[string][]string{
		"/opt/acme":                       nil,
		"/opt/my plug's $HOME/acme; true": nil,
		"/opt/a`b`/~\"\\é(1)":             nil,
		"https://example.org/a?b=c&d=e":   {"--sha256", digits},
		"file:///opt/acme":                {"--sha256", digits},
	} {
		r := Record{From: from, Digest: catalog.Digest("sha256:" + digits)}
		out, err := exec.Command("/bin/sh", "-c", `provision() { printf '%s\n' "$@"; }; `+r.InstallCommand()).
			CombinedOutput()
		require.NoError(t, err, "%s", out)
		want := append([]string{"plugin", "install", from}, more...)
		require.Equal(t, want, strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"))
	}
	require.Equal(t, "provision plugin install /opt/acme", Record{From: "/opt/acme"}.InstallCommand())
}
