package plugincmd

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
	"github.com/rbee-keeper/provision/plugins/store"
)

func newSession(t *testing.T) (s *cli.Session, stdout *bytes.Buffer) {
	t.Helper()
	stdout = &bytes.Buffer{}
	output := report.Output{Stdout: stdout, Stderr: &bytes.Buffer{}, JSON: true}
	return &cli.Session{Output: output, CacheDir: t.TempDir()}, stdout
}

func TestList_isEmptyWithoutPlugins(t *testing.T) {
	t.Parallel()
	s, stdout := newSession(t)
	require.NoError(t, (&List{s}).Run())
	require.Equal(t, "{\n  \"schema\": 1,\n  \"plugins\": []\n}\n", stdout.String())
	require.ErrorIs(t, (&Info{s}).Run("acme"), store.ErrNotInstalled)
	require.ErrorIs(t, (&Remove{s}).Run(t.Context(), "acme"), store.ErrNotInstalled)
}

func TestInstall_wantsADigestWithAnAddress(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t)
	for address, want := range map[string]string{
		"https://example.org/acme":   "want --sha256 with an address",
		"https://u:p@example.org/x":  "want --sha256 with an address",
		"ftp://example.org/acme":     "want --sha256 with an address",
		"https://example.org/%zz":    "malformed address",
		"file://example.org/a%20b/c": "want --sha256 with an address",
	} {
		err := (&Install{Session: s}).Run(t.Context(), address)
		require.ErrorContains(t, err, want, address)
		require.True(t, exit.IsUsage(err))
	}
	require.ErrorContains(t, (&Install{Session: s, SHA256: "12"}).Run(t.Context(), "acme"), "want 64 hex digits")
}

func TestOneLine_leavesOutWhatHasNoValue(t *testing.T) {
	t.Parallel()
	granted := grants{Build: true, Env: []string{"A", "B"}, Config: []string{}, Ports: []uint16{8443, 9000}}
	require.Equal(t, "build; env: A, B; ports: 8443, 9000", oneLine(granted))
	require.Empty(t, oneLine(grants{}))
}
