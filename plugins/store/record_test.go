//go:build unix

package store

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestARecordThatCannotBeReadHarmsNoOtherPlugin(t *testing.T) {
	s := New(newHome(t))
	records, err := s.List()
	require.NoError(t, err, "a store that nobody has written to is empty")
	require.Empty(t, records)

	path := vendor(t, "1.0.0")
	installed := install(t, s, path)
	other := install(t, s, vendor(t, "other@1.0.0"))
	valid, err := os.ReadFile(s.recordPath("acme"))
	require.NoError(t, err)
	for name, text := range map[string]string{
		"empty":   "",
		"torn":    string(valid[:len(valid)/2]),
		"another": `{"description": {"name": "evil", "version": "1.0.0"}}`,
		"escape": `{"digest": "` + installed.Digest.String() + `", "file": "../x", ` +
			`"description": {"name": "acme", "version": "1.0.0"}}`,
		"digest": `{"digest": "sha256:../x", "file": "x", "description": {"name": "acme", "version": "1.0.0"}}`,
	} {
		require.NoError(t, os.WriteFile(s.recordPath("acme"), []byte(text), 0o644))
		records, err := s.List()
		require.Equal(t, []Record{other.Record}, records, name)
		broken, ok := errors.AsType[*RecordError](err)
		require.True(t, ok, name)
		require.Equal(t, "acme", broken.Name)
		_, _, err = s.Open("acme")
		require.ErrorContains(t, err, "install the plugin again")
	}

	require.NoError(t, s.Remove(t.Context(), "other"))
	require.FileExists(t, s.Path(installed.Record), "the record that can't be read may be of this one")
	mended := install(t, s, path)
	require.Nil(t, mended.Replaced)
	require.ElementsMatch(t, []string{installed.Digest.Hex(), "acme.json"}, namesIn(t, s.dir))

	require.NoError(t, os.WriteFile(s.recordPath("acme"), nil, 0o644))
	require.NoError(t, s.Remove(t.Context(), "acme"))
	require.Empty(t, namesIn(t, s.dir))
}

func TestRecord_hasSchemaAndIsReadWithoutIt(t *testing.T) {
	s := New(newHome(t))
	installed := install(t, s, vendor(t, "1.0.0"))
	written, err := os.ReadFile(s.recordPath("acme"))
	require.NoError(t, err)
	require.Contains(t, string(written), "\"schema\": 1,\n")
	older := strings.Replace(string(written), "\"schema\": 1,\n", "", 1)
	require.NoError(t, os.WriteFile(s.recordPath("acme"), []byte(older), 0o644))
	record, err := s.Get("acme")
	require.NoError(t, err)
	require.Equal(t, installed.Record, record)
}

func TestADescriptionIsRememberedByDigest(t *testing.T) {
	s := New(newHome(t))
	digest := catalog.Digest("sha256:" + digits)
	_, ok := s.Known(digest)
	require.False(t, ok)
	d := provisioner.Description{
		Name:    "acme",
		Version: "1.0.0",
		Options: []provisioner.Option{{Name: "a", Kind: provisioner.IntOption}},
	}
	s.Note(digest, d)
	known, ok := s.Known(digest)
	require.True(t, ok)
	require.Equal(t, d, known)
	require.True(t, SameDescription(d, known))
	known.Options[0].Identity = true
	require.False(t, SameDescription(d, known))

	s.Note(digest, provisioner.Description{Name: "No Slug", Version: "1.0.0"})
	_, ok = s.Known(digest)
	require.True(t, ok, "what no plugin should say is not written down")
	require.NoError(t, os.WriteFile(s.knownPath(digest), []byte("{"), 0o600))
	_, ok = s.Known(digest)
	require.False(t, ok)
}

const digits = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
