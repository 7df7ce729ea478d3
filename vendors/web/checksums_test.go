package web

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
)

func TestChecksums_parseReadsTheUsualForms(t *testing.T) {
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
		found := Checksums{}
		require.NoError(t, found.Parse([]byte(text), ""))
		require.Equal(t, want, found["tool"]["sha256"], text)
	}
	for _, text := range []string{sum + "\n", "\ufeff" + sum, sum + "  -\n", sum + "  tool", sum + "\r\n"} {
		found := Checksums{}
		require.NoError(t, found.Parse([]byte(text), "tool"))
		require.Equal(t, want, found["tool"]["sha256"], text)
	}
}

// utf16Text encodes a text as PowerShell writes it.
func utf16Text(text string) string {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return string(b)
}

func TestChecksums_parseRejectsTwoSumsForOneName(t *testing.T) {
	text := strings.Repeat("a", 64) + "  tool\n" + strings.Repeat("b", 64) + "  tool\n"
	require.Error(t, Checksums{}.Parse([]byte(text), ""))
}

// FuzzChecksums_parse checks for any text: every sum is a valid digest, of a name that the text holds.
func FuzzChecksums_parse(f *testing.F) {
	sum := strings.Repeat("ab", 32)
	for _, text := range []string{utf16Text(sum + "  x"), "x: " + sum, "SHA512(y)= " + sum + sum, sum, sum + "  ./a b",
		sum + " *x", "SHA256 (y) = " + sum, "\x00", sum + "  ../../etc"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := Checksums{}
		if found.Parse([]byte(text), "") != nil {
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
