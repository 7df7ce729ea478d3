package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestID_omitsTheUsualArchitecture(t *testing.T) {
	for text, id := range map[string]ID{
		"cpu-llm-worker-rbee-v0.1.0-linux":               {CpuLlm, MustVersion("0.1.0"), Linux, AMD64},
		"cpu-llm-worker-rbee-v0.1.0-linux-arm64":         {CpuLlm, MustVersion("0.1.0"), Linux, ARM64},
		"metal-llm-worker-rbee-v1.2.0-macos":             {MetalLlm, MustVersion("1.2"), MacOS, ARM64},
		"metal-llm-worker-rbee-v1.2.0-macos-amd64":       {MetalLlm, MustVersion("1.2"), MacOS, AMD64},
		"cuda-llm-worker-rbee-v10.0.0-windows":           {CudaLlm, MustVersion("10.0.0"), Windows, AMD64},
		"stt-worker-rbee-v1.0.0-linux-linux-riscv64":     {"stt", MustVersion("1.0.0-linux"), Linux, "riscv64"},
		"cpu-llm-worker-rbee-v1.4.0-dev.12+g1a2b-linux":  {CpuLlm, MustVersion("1.4.0-dev.12+g1a2b"), Linux, AMD64},
		"rocm-llm-worker-rbee-v6123.0.0-rc.1-macos":      {"rocm-llm", MustVersion("6123.0.0-rc.1"), MacOS, ARM64},
		"cpu-llm-worker-rbee-v1.0.0-arm64-windows-arm64": {CpuLlm, MustVersion("1.0.0-arm64"), Windows, ARM64},
	} {
		require.Equal(t, text, id.String())
		require.NoError(t, ValidateID(text))
		parsed, err := ParseID(text)
		require.NoError(t, err, text)
		require.Equal(t, text, parsed.String())
		require.Equal(t, [3]string{id.Type.String(), id.Platform.String(), id.Arch.String()},
			[3]string{parsed.Type.String(), parsed.Platform.String(), parsed.Arch.String()}, text)
		require.Zero(t, id.Version.Compare(parsed.Version), text)
	}
}

func TestParseID_refusesForeignIDs(t *testing.T) {
	for _, text := range []string{
		"", "llm-worker-rbee-cpu-0.1.0-linux", "cpu-llm-worker-rbee-v0.1-linux", "cpu-llm-worker-rbee-v0.1.0-linux-amd64",
		"cpu-llm-worker-rbee-v0.1.0-beos", "cpu-llm-worker-rbee-v0.1.0", "cpu-llm-worker-rbee-v-linux",
		"CPU-worker-rbee-v0.1.0-linux", "cpu-llm-worker-rbee-v0.1.0-Linux", "-worker-rbee-v0.1.0-linux",
	} {
		_, err := ParseID(text)
		require.Error(t, err, text)
	}
}

func TestValidateID_refusesWhatAPlatformCannotStore(t *testing.T) {
	for _, id := range []string{
		"", ".", "..", "...", ".hidden", "a.", "a/b", `a\b`, "/a", "../a", "a b", "a:b", "a\x00", "ä", "a\n",
		"CON", "nul", "Aux.txt", "com1", "LPT9.tar.gz", strings.Repeat("a", maxIDLength+1),
	} {
		require.ErrorIs(t, ValidateID(id), ErrInvalidID, "%q", id)
	}
	for _, id := range []string{"a", "console", "com", "a..b", "A_b+c-d.e", strings.Repeat("a", maxIDLength)} {
		require.NoError(t, ValidateID(id), "%q", id)
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("cpu-llm-worker-rbee-v0.1.0-linux")
	f.Add("metal-llm-worker-rbee-v1.0.0-rc.1+x-macos-amd64")
	f.Add("llm-worker-rbee-cpu-0.1.0-linux")
	f.Add("-worker-rbee-v-")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseID(text)
		if err != nil {
			return
		}
		require.Equal(t, text, id.String())
		require.True(t, id.Type.Valid() && id.Platform.Valid() && id.Arch.Valid())
	})
}

func FuzzValidateID(f *testing.F) {
	f.Add("cpu-llm-worker-rbee-v0.1.0-linux")
	f.Add("..")
	f.Add("a/../b")
	f.Fuzz(func(t *testing.T, id string) {
		if ValidateID(id) == nil {
			require.True(t, isSafeName(id))
			require.NotContains(t, id, "/")
			require.NotContains(t, id, `\`)
		}
	})
}
