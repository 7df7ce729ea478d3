package githubrelease

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

func TestParseChecksumsReadsTheUsualForms(t *testing.T) {
	sum := strings.Repeat("aB", 32)
	want := catalog.Digest("sha256:" + strings.ToLower(sum))
	for _, text := range []string{
		sum + "  tool", sum + " *tool", sum + "  ./tool", sum + "\ttool", sum + " tool\r\n", "SHA256 (tool) = " + sum,
		"# comment\n\n" + sum + "  other\n" + sum + "  tool\n", "d41d8cd98f00b204e9800998ecf8427e  tool\n" + sum + "  tool",
		sum + "  tool\n" + sum + "  tool",
	} {
		sums := map[string]catalog.Digest{}
		require.NoError(t, parseChecksums(text, "", sums))
		require.Equal(t, want, sums["tool"], text)
	}
	sums := map[string]catalog.Digest{}
	require.NoError(t, parseChecksums(sum+"\n", "tool", sums))
	require.Equal(t, want, sums["tool"])
}

func TestParseChecksumsRefusesTwoSumsForOneName(t *testing.T) {
	text := strings.Repeat("a", 64) + "  tool\n" + strings.Repeat("b", 64) + "  tool\n"
	require.Error(t, parseChecksums(text, "", map[string]catalog.Digest{}))
}

// FuzzParseChecksums holds for any text: every sum that is read is a digest, of a name that stands in the text.
func FuzzParseChecksums(f *testing.F) {
	sum := strings.Repeat("ab", 32)
	for _, text := range []string{sum, sum + "  ./a b", sum + " *x", "SHA256 (y) = " + sum, "\x00", sum + "  ../../etc"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sums := map[string]catalog.Digest{}
		if parseChecksums(text, "", sums) != nil {
			return
		}
		for name, digest := range sums {
			require.True(t, digest.Valid(), "%q", digest)
			require.Contains(t, text, name)
		}
	})
}
