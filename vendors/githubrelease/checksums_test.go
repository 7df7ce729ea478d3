package githubrelease

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/web"
)

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
	found := web.Checksums{}
	require.NoError(t, found.Parse([]byte(wrong+"  tool\n"+strings.Repeat("c", 128)+"  tool\n"), ""))
	_, _, err := checksums{file: "SUMS", ofAll: true, sums: found}.digest(asset{Name: "tool", Digest: "sha256:" + right})
	require.Equal(t, provisioner.DigestMismatch, provisioner.KindOf(err))
}

func TestASidecarIsForItsOwnAssetAlone(t *testing.T) {
	sidecars := checksums{file: "cudart.zip.sha256",
		sums: web.Checksums{"cudart.zip": {"sha256": "sha256:" + catalog.Digest(strings.Repeat("a", 64))}}}
	digest, refusal, err := sidecars.digest(asset{Name: "main.zip", Digest: "sha256:" + strings.Repeat("b", 64)})
	require.NoError(t, err)
	require.Empty(t, refusal)
	require.Equal(t, catalog.Digest("sha256:"+strings.Repeat("b", 64)), digest)
}
