package githubrelease

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestParseChecksumsReadsTheUsualForms(t *testing.T) {
	sum := strings.Repeat("aB", 32)
	want := catalog.Digest("sha256:" + strings.ToLower(sum))
	for _, text := range []string{
		sum + "  tool", sum + " *tool", sum + "  ./tool", sum + "  dist/linux/tool", sum + ` *dist\tool`, sum + "\ttool", sum + " tool\r\n", "SHA256 (tool) = " + sum,
		"# comment\n\n" + sum + "  other\n" + sum + "  tool\n", "d41d8cd98f00b204e9800998ecf8427e  tool\n" + sum + "  tool",
		sum + "  tool\n" + sum + "  tool",
	} {
		found := sums{}
		require.NoError(t, parseChecksums([]byte(text), "", found))
		require.Equal(t, want, found["tool"]["sha256"], text)
	}
	found := sums{}
	require.NoError(t, parseChecksums([]byte(sum+"\n"), "tool", found))
	require.Equal(t, want, found["tool"]["sha256"])
}

func TestDigestHoldsEveryAlgorithmAgainstTheAPIs(t *testing.T) {
	right, wrong := strings.Repeat("a", 64), strings.Repeat("0", 64)
	found := sums{}
	require.NoError(t, parseChecksums([]byte(wrong+"  tool\n"+strings.Repeat("c", 128)+"  tool\n"), "", found))
	_, _, err := checksums{file: "SUMS", ofAll: true, sums: found}.digest(asset{Name: "tool", Digest: "sha256:" + right})
	require.Equal(t, provisioner.DigestMismatch, provisioner.KindOf(err))
}

func TestASidecarIsForItsOwnAssetAlone(t *testing.T) {
	sidecars := checksums{file: "cudart.zip.sha256", sums: sums{"cudart.zip": {"sha256": "sha256:" + catalog.Digest(strings.Repeat("a", 64))}}}
	digest, refusal, err := sidecars.digest(asset{Name: "main.zip", Digest: "sha256:" + strings.Repeat("b", 64)})
	require.NoError(t, err)
	require.Empty(t, refusal)
	require.Equal(t, catalog.Digest("sha256:"+strings.Repeat("b", 64)), digest)
}

func TestParseChecksumsRefusesTwoSumsForOneName(t *testing.T) {
	text := strings.Repeat("a", 64) + "  tool\n" + strings.Repeat("b", 64) + "  tool\n"
	require.Error(t, parseChecksums([]byte(text), "", sums{}))
}

// FuzzParseChecksums holds for any text: every sum that is read is a digest, of a name that stands in the text.
func FuzzParseChecksums(f *testing.F) {
	sum := strings.Repeat("ab", 32)
	for _, text := range []string{sum, sum + "  ./a b", sum + " *x", "SHA256 (y) = " + sum, "\x00", sum + "  ../../etc"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := sums{}
		if parseChecksums([]byte(text), "", found) != nil {
			return
		}
		for name, digests := range found {
			require.Contains(t, text, name)
			for algorithm, digest := range digests {
				require.True(t, digest.Valid(), "%q", digest)
				require.Equal(t, algorithm, digest.Algorithm())
			}
		}
	})
}
