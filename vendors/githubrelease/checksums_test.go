package githubrelease

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestParseChecksumsReadsTheUsualForms(t *testing.T) {
	sum := strings.Repeat("aB", 32)
	want := catalog.Digest("sha256:" + strings.ToLower(sum))
	for _, text := range []string{
		sum + "  tool", sum + " *tool", sum + "  ./tool", sum + "  dist/linux/tool", sum + ` *dist\tool`, sum + "\ttool",
		sum + " tool\r\n", "SHA256 (tool) = " + sum,
		"# comment\n\n" + sum + "  other\n" + sum + "  tool\n", "d41d8cd98f00b204e9800998ecf8427e  tool\n" + sum + "  tool",
		sum + "  tool\n" + sum + "  tool", "\ufeff" + sum + "  tool\r\n", strings.ToUpper(sum) + "  tool",
		"SHA2-256(tool)= " + sum,
		"sha256:" + sum + "  tool", "tool: " + sum, "tool  " + sum, "dist/tool\tsha256:" + sum, `\` + sum + "  tool",
		sum + ` "tool"`,
		utf16Text(sum + "  tool\r\n"), "BLAKE2s (tool) = " + strings.Repeat("0", 64) + "\n" + sum + "  tool",
		"MD5 (tool) = d41d8cd98f00b204e9800998ecf8427e\nSHA256 (tool) = " + sum, strings.Repeat("c",
			128) + "  tool\n" + sum + "  tool",
	} {
		found := sums{}
		require.NoError(t, parseChecksums([]byte(text), "", found))
		require.Equal(t, want, found["tool"]["sha256"], text)
	}
	for _, text := range []string{sum + "\n", "\ufeff" + sum, sum + "  -\n", sum + "  tool", sum + "\r\n"} {
		found := sums{}
		require.NoError(t, parseChecksums([]byte(text), "tool", found))
		require.Equal(t, want, found["tool"]["sha256"], text)
	}
}

// utf16Text is a text as PowerShell writes it.
func utf16Text(text string) string {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return string(b)
}

func TestChecksumFilesAreKnownByTheirNames(t *testing.T) {
	for _, name := range []string{
		"SHA256SUMS", "sha256sum.txt", "checksums.txt", "tool-1.0-checksums.txt", "tool_1.0_SHA256SUMS", "sha256.sum",
		"SHA512SUMS",
		"checksums_sha256.txt", "sha256-checksums.txt", "shasum.txt", "tool_checksums.sha256", "CHECKSUMS",
		"LocalAI-v4.8.2-checksums.txt",
	} {
		require.Regexp(t, checksumName(), name)
	}
	for _, name := range []string{"MD5SUMS", "SHA1SUMS", "SHA256SUMS.asc", "checksums.txt.sig", "tool-sha256-linux.zip",
		"checksummer.txt"} {
		require.NotRegexp(t, checksumName(), name)
	}
	for _, name := range []string{
		"tool.zip.sha256", "tool.zip.sha256sum", "tool.zip.sha256.txt", "tool.zip.SHA512", "tool.zip-sha256",
		"tool.zip_sha256.txt",
	} {
		require.Equal(t, "tool.zip", sidecarOf(name))
	}
	require.Empty(t, sidecarOf("tool.zip.md5")+sidecarOf("SHA256SUMS")+sidecarOf("tool.zip"))
}

func TestDigestHoldsEveryAlgorithmAgainstTheAPIs(t *testing.T) {
	right, wrong := strings.Repeat("a", 64), strings.Repeat("0", 64)
	found := sums{}
	require.NoError(t, parseChecksums([]byte(wrong+"  tool\n"+strings.Repeat("c", 128)+"  tool\n"), "", found))
	_, _, err := checksums{file: "SUMS", ofAll: true, sums: found}.digest(asset{Name: "tool", Digest: "sha256:" + right})
	require.Equal(t, provisioner.DigestMismatch, provisioner.KindOf(err))
}

func TestASidecarIsForItsOwnAssetAlone(t *testing.T) {
	sidecars := checksums{file: "cudart.zip.sha256",
		sums: sums{"cudart.zip": {"sha256": "sha256:" + catalog.Digest(strings.Repeat("a", 64))}}}
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
	for _, text := range []string{utf16Text(sum + "  x"), "x: " + sum, "SHA512(y)= " + sum + sum, sum, sum + "  ./a b",
		sum + " *x", "SHA256 (y) = " + sum, "\x00", sum + "  ../../etc"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := sums{}
		if parseChecksums([]byte(text), "", found) != nil {
			return
		}
		for name, digests := range found {
			require.NotEmpty(t, name)
			require.Contains(t, decodeText([]byte(text)), name)
			require.NotContains(t, name, "/")
			for algorithm, digest := range digests {
				require.True(t, digest.Valid(), "%q", digest)
				require.Equal(t, algorithm, digest.Algorithm())
			}
		}
	})
}
