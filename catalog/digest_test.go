package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDigest_matchesItsHash(t *testing.T) {
	const hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	d, err := ParseDigest(" " + strings.ToUpper(hello) + "\n")
	require.NoError(t, err)
	require.Equal(t, Digest(hello), d)
	h := d.Hash()
	h.Write([]byte("hello"))
	require.True(t, d.Matches(h))
	require.Equal(t, d, DigestOf(h))
	h.Write([]byte("!"))
	require.False(t, d.Matches(h))
}

func TestParseDigest_refusesMalformedDigests(t *testing.T) {
	for _, text := range []string{"", "sha256:", "sha256:abc", "md5:" + strings.Repeat("0", 32), strings.Repeat("0", 64)} {
		_, err := ParseDigest(text)
		require.Error(t, err, "%q", text)
		require.False(t, Digest(text).Valid())
	}
	_, err := ParseDigest("sha512:00")
	require.ErrorContains(t, err, "want sha512:<128 hex digits>")
}
