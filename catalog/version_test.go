package catalog

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVersion_ordersByNumber(t *testing.T) {
	ascending := []string{"0.9.0", "1.0.0-alpha", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.9.0", "1.10.0", "9999.0.0",
		"10000.0.0"}
	for i, older := range ascending {
		for _, newer := range ascending[i+1:] {
			require.Negative(t, MustVersion(older).Compare(MustVersion(newer)), "%s %s", older, newer)
		}
	}
	require.Zero(t, MustVersion("v1.2").Compare(MustVersion("1.2.0+build")))
	require.Negative(t, Version{}.Compare(MustVersion("0.0.0")))
	require.Zero(t, Version{}.Compare(Version{}))
	require.Positive(t, MustVersion("0.0.0").Compare(Version{}))
}

func TestVersion_isWrittenInFull(t *testing.T) {
	for text, want := range map[string]string{
		"v1.2": "1.2.0", "6123": "6123.0.0", "1.4.0-dev.12+g1a2b3c4": "1.4.0-dev.12+g1a2b3c4", "1.2.3.4": "1.2.3.4",
	} {
		v, err := ParseVersion(text)
		require.NoError(t, err)
		require.Equal(t, want, v.String())
	}
	for _, bad := range []string{"", "latest", "1.2.x", "1..2", "-1"} {
		_, err := ParseVersion(bad)
		require.Error(t, err, bad)
	}
}

func TestConstraints(t *testing.T) {
	for _, c := range []struct {
		constraint, version string
		allowed             bool
	}{
		{"", "1.0.0", true},
		{"~> 1.2", "1.9.9", true},
		{"~> 1.2", "2.0.0", false},
		{"~> 1.2", "1.3.0-beta", true}, // by its core version
		{"~> 1.2.0", "1.3.0-beta", false},
		{">= 1, < 2", "1.99.0", true},
		{">= 1, < 2", "2.0.0-rc.1", false},
		{">= 1.3.0-beta.2", "1.3.0-beta.1", false}, // the same core: the whole version counts
		{">= 1.3.0-beta.2", "1.3.0-beta.10", true},
		{">= 1.3.0-beta.2", "1.4.0-alpha", true},
		{"1.3.0", "1.3.0", true},
		{"1.3.0", "1.3.0-beta", false}, // an exact version is meant
		{"= 1.3.0-beta", "1.3.0-beta", true},
		{"!= 1.3.0", "1.3.0-beta", true},
		{"!=1.3.0", "1.3.0", false},
	} {
		require.Equal(t, c.allowed, MustConstraint(c.constraint).Allows(MustVersion(c.version)), "%q %s", c.constraint,
			c.version)
	}
	require.True(t, MustConstraint(">= 1, < 2.0.0-rc.1").AsksPrerelease())
	require.False(t, MustConstraint(">= 1, < 2").AsksPrerelease())
	for _, bad := range []string{"banana", "~>", ">= 1 <", "1.2, ,", ">> 1"} {
		_, err := ParseConstraint(bad)
		require.Error(t, err, bad)
	}
}

func TestParseWorkerType_acceptsAliases(t *testing.T) {
	for text, want := range map[string]WorkerType{
		"cpu-llm": CpuLlm, "cpu": CpuLlm, "CpuLlm": CpuLlm, "cpu-llm-worker-rbee": CpuLlm, "CUDA": CudaLlm,
		"metal-llm-worker-rbee": MetalLlm, "rocm": "rocm-llm", "whisper": "whisper",
	} {
		parsed, err := ParseWorkerType(text)
		require.NoError(t, err, text)
		require.Equal(t, want, parsed)
	}
	for _, bad := range []string{"", "CPU LLM", "../x", "a--b", "-a", "a-", "1a", "Whisper", "x-worker-rbee-y"} {
		_, err := ParseWorkerType(bad)
		require.Error(t, err, bad)
	}
	for text, want := range map[string]Platform{"linux": Linux, "MacOS": MacOS, "darwin": MacOS, "Windows": Windows} {
		parsed, err := ParsePlatform(text)
		require.NoError(t, err, text)
		require.Equal(t, want, parsed)
	}
	_, err := ParsePlatform("plan9")
	require.Error(t, err)
	for text, want := range map[string]Arch{"x86_64": AMD64, "X64": AMD64, "aarch64": ARM64, "riscv64": "riscv64"} {
		parsed, err := ParseArch(text)
		require.NoError(t, err, text)
		require.Equal(t, want, parsed)
	}
	_, err = ParseArch("")
	require.Error(t, err)
}

func TestRecord_aloneUsesTheRustHivesSpelling(t *testing.T) {
	data, err := json.Marshal(map[string]any{"type": CpuLlm, "platform": MacOS})
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"cpu-llm","platform":"macos"}`, string(data))
}

func TestDigests(t *testing.T) {
	const sum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" // of "test"
	d, err := ParseDigest(" SHA256:" + sum + "\n")
	require.NoError(t, err)
	require.Equal(t, Digest("sha256:"+sum), d)
	h := d.Hash()
	h.Write([]byte("test"))
	require.True(t, d.Matches(h))
	h.Write([]byte("more"))
	require.False(t, d.Matches(h))
	for _, bad := range []string{"", sum, "sha256:", "sha256:" + sum[1:], "md5:d41d8cd98f00b204e9800998ecf8427e",
		"sha512:" + sum} {
		_, err := ParseDigest(bad)
		require.Error(t, err, bad)
	}
}
