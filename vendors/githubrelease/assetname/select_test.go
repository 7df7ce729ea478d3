package assetname

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// linuxCPU asks for a cpu-llm on a usual Linux machine.
func linuxCPU() Criteria {
	return Criteria{Worker: catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64, Repo: "acme/tool", Tag: "v1.2.0"}
}

func TestSelect_neverTakesWhatIsNotAWorker(t *testing.T) {
	for _, name := range []string{
		"tool-linux-amd64.tar.gz.sha256", "tool-linux-amd64.tar.gz.sig", "tool-linux-amd64.tar.gz.asc",
		"tool-linux-amd64.deb",
		"tool-linux-amd64.rpm", "tool-linux-amd64.spdx.json", "tool-linux-amd64.txt", "tool-linux-amd64.sh",
		"tool-linux-amd64.7z",
		"tool-linux-amd64-src.tar.gz", "tool-source-linux-amd64.tar.gz", "tool-linux-amd64-debug.tar.gz",
		"tool-linux-amd64-sdk.tar.gz", "tool-linux-amd64.whl", "tool-linux-amd64-installer", "ToolSetup-linux-amd64",
		"tool-ui-linux-amd64.tar.gz", "cudart-tool-linux-amd64.tar.gz", "tool.tar.gz", "tool", "tool-amd64.tar.gz",
		"tool-linux-android-amd64.tar.gz", "tool-linux-amd64-sbom", "tool-linux-amd64-checksums.txt", "tool-linux-amd64.gguf",
	} {
		c, err := Select([]string{name}, linuxCPU())
		require.NotNil(t, err, "picked %s", c.Main)
		require.Equal(t, provisioner.UnsupportedPlatform, err.Kind)
		require.Len(t, c.Rejected, 1)
		require.NotEmpty(t, c.Rejected[0].Reason)
	}
}

func TestSelect_neverTakesAnotherMachinesBuild(t *testing.T) {
	for _, name := range []string{
		"tool-linux-arm64.tar.gz", "tool-linux-armv7l", "tool-linux-aarch64_be", "tool-linux-riscv64", "tool-linux-i686",
		"tool-linux32", "tool-linux-mips64", "tool-windows-amd64.zip", "tool.exe", "tool-darwin-amd64", "tool-freebsd-amd64",
		"tool-linux-amd64-musl-arm64", "tool-linux-x86_64_v4.tar.gz", "tool-linux-amd64-avx512", "tool-linux-32bit",
	} {
		c, err := Select([]string{name}, linuxCPU())
		require.NotNil(t, err, "picked %s", c.Main)
	}
}

func TestSelect_neverMixesGPUAndCPUBuilds(t *testing.T) {
	for _, backend := range []string{
		"cuda", "cuda-12.4", "cuda12", "cu124", "cublas", "rocm", "rocm6.2", "hip-radeon", "vulkan", "sycl", "opencl-adreno",
		"openvino", "gpu", "metal", "mlx", "cann", "musa", "nvidia", "radeon", "tensorrt",
	} {
		c, err := Select([]string{"tool-linux-amd64-" + backend + ".tar.gz"}, linuxCPU())
		require.NotNil(t, err, "picked %s", c.Main)
	}
	w := linuxCPU()
	for _, worker := range []catalog.WorkerType{catalog.CudaLlm, "rocm-llm", "vulkan-llm", catalog.MetalLlm} {
		w.Worker = worker
		for _, name := range []string{"tool-linux-amd64.tar.gz", "tool-linux-amd64-cpu.tar.gz", "llama-linux-amd64.tar.gz"} {
			c, err := Select([]string{name}, w)
			require.NotNil(t, err, "picked %s for %s", c.Main, worker)
		}
	}
}

// These words name an accelerator, or something that is not a program for these machines, though the rest of the name
// fits.
func TestSelect_neverTakesAnAcceleratorsBuildForAPlainOne(t *testing.T) {
	for word := range strings.FieldsSeq(`a100 h100 t4 l40s rtx4090 rtx-5090 gtx1080ti sm86 sm_120 sm-90a cc75 compute89
		blackwell hopper gfx1151 gfx90a rdna3
		mi300x strixhalo gaudi2 hpu neuron neuronx levelzero migraphx xdna apu nv trtllm mlu dcu gcu vk ocl dx12 mtl hailo8
		qaic tenstorrent mthreads
		client backend kernels provider libtool iso initrd gcov pi5 rk3588 snapdragon sbsa gnueabihf aarch64-be ia64 e2k
		m68k gnux32 openharmony`) {
		for _, name := range []string{"tool-linux-" + word + ".tar.gz", "tool-linux-amd64-" + word,
			word + "-linux-x86_64.zip"} {
			c, err := Select([]string{name}, linuxCPU())
			require.NotNil(t, err, "picked %s", c.Main)
		}
	}
	w := linuxCPU()
	w.Repo = "acme/neuron" // which explains the word
	c, err := Select([]string{"neuron-linux-amd64.tar.gz"}, w)
	require.Nil(t, err, "%v", c.Rejected)
}

func TestSelect_readsTheUsualNames(t *testing.T) {
	for _, name := range []string{
		"tool-linux-amd64.tar.gz", "tool_1.2.0_linux_x86_64.tgz", "tool-v1.2.0-x86_64-unknown-linux-gnu.tar.xz",
		"tool-linux-x64",
		"tool.linux.amd64", "Tool_Linux_x86-64.zip", "tool-cpu-ubuntu-22.04-x64.tar.zst", "tool-linux64.tar.gz",
		"tool-linux.tar.gz",
		"tool-linux-amd64.gz", "tool_linux_amd64_v1.tar.gz", "tool-linux-x86_64-v3.tar.gz", "tool-linux-amd64-musl.tar.gz",
	} {
		c, err := Select([]string{name}, linuxCPU())
		require.Nil(t, err, "%s: %v", name, c.Rejected)
		require.Equal(t, name, c.Main)
	}
}

func TestSelect_reportsATieAndHowToEndIt(t *testing.T) {
	names := []string{"tool-cli-linux-amd64.tar.gz", "tool-server-linux-amd64.tar.gz", "tool-windows-amd64.zip"}
	_, err := Select(names, linuxCPU())
	require.NotNil(t, err)
	require.Equal(t, provisioner.AmbiguousAsset, err.Kind)
	require.Contains(t, err.Message, names[0])
	require.Contains(t, err.Message, names[1])
	require.NotContains(t, err.Message, names[2])
	require.Contains(t, err.Hint, "`asset`")

	w := linuxCPU()
	w.Binary = "tool-server"
	c, err := Select(names, w)
	require.Nil(t, err)
	require.Equal(t, names[1], c.Main)
}

func TestSelect_takesOnePackingOfTheSameBuild(t *testing.T) {
	c, err := Select([]string{"tool-linux-amd64.zip", "tool-linux-amd64.tar.gz"}, linuxCPU())
	require.Nil(t, err)
	require.Equal(t, "tool-linux-amd64.tar.gz", c.Main)
}

func TestSelect_obeysAssetAndExclude(t *testing.T) {
	names := []string{"odd", "tool-linux-amd64.tar.gz", "tool-linux-amd64-thin.tar.gz"}
	w := linuxCPU()
	w.Asset = regexp.MustCompile(`^(?:o.d)$`)
	c, err := Select(names, w)
	require.Nil(t, err)
	require.Equal(t, "odd", c.Main)

	w.Asset = regexp.MustCompile(`^(?:tool-linux)$`) // only a part of the names
	_, err = Select(names, w)
	require.NotNil(t, err)
	require.Equal(t, provisioner.UnsupportedPlatform, err.Kind)

	w.Asset = regexp.MustCompile(`^(?:tool-.*|odd)$`)
	w.Exclude = append(w.Exclude, w.Asset)
	_, err = Select(names, w)
	require.NotNil(t, err)
}

func TestSelect_rejectsAGPUBuildThatMayNotRun(t *testing.T) {
	w := linuxCPU()
	w.Worker = catalog.CudaLlm
	pick := func(host map[string]string, names ...string) string {
		w.Host = provisioner.HostOf(host)
		c, _ := Select(names, w)
		return c.Main
	}
	sm90 := "tool-cuda128-sm90-linux-amd64.tar.gz"
	require.Empty(t, pick(nil, sm90), "the GPU is not known")
	require.Empty(t, pick(map[string]string{"sm": "89"}, sm90))
	require.Empty(t, pick(map[string]string{"sm": "120"}, sm90))
	require.Equal(t, sm90, pick(map[string]string{"sm": "9.0", "driver": "570.1"}, sm90))
	require.Empty(t, pick(map[string]string{"sm": "90", "driver": "470.82"}, sm90))
	require.Equal(t, sm90, pick(map[string]string{"sm": "90", "cuda": "12.0", "driver": "525.60"}, sm90))
}

var (
	namesCUDA = regexp.MustCompile(`(?i)cu(da|blas|dnn|\d|[^a-z])|cu$|nccl|nvidia|nv|geforce|rtx|gtx` +
		`|quadro|tesla|dgx|[2-5]0(xx|series)|(sm|cc|compute)[-_]?\d|koboldcpp|ollama|llamafile`)
	namesGPU = regexp.MustCompile(`(?i)cuda|rocm|vulkan`)
	negates  = regexp.MustCompile(`(?i)no|without|w/o`)
	namesCPU = regexp.MustCompile(`(?i)(^|[^a-z0-9])(no-?cuda|cpu|cpuonly)([^a-z0-9]|$)`)
)

// FuzzSelect checks for any names: no panic; the choice is one of the names and is not rejected; for cuda-llm it is not
// a build for the processor, and for cpu-llm not one for a GPU.
func FuzzSelect(f *testing.F) {
	f.Add("tool-linux-amd64.tar.gz", "cudart-llama-bin-win-cuda-12.4-x64.zip", "v1.2.0")
	f.Add("llama-b1-bin-ubuntu-cuda-12.8-x64.tar.gz", "cudart-llama-b1-bin-ubuntu-cuda-12.8-x64.tar.gz", "b1")
	f.Add("x-sm120-gfx11XX-cu", "..", "")
	f.Add("tool-linux-x64-no-cuda.tar.gz", "ollama-linux-amd64.tgz", "v0.1.0")
	f.Add("tool_linux_amd64_v3-cuda-12-4-64", "tool-linux-cuda-nocuda-32-bit", "cuda")
	f.Fuzz(func(t *testing.T, a, b, tag string) {
		requireSaneChoice(t, a, b, tag, map[string]string{"gfx": a, "cuda": b, "sm": tag, "driver": a, "distro": b,
			"glibc": tag, "cpu": a, "libc": b})
	})
}

// FuzzSelect_words is FuzzSelect with names that are made of words which mean something.
func FuzzSelect_words(f *testing.F) {
	vocabulary := slices.Concat(slices.Sorted(maps.Keys(words)), slices.Sorted(maps.Keys(brandWords)),
		slices.Sorted(maps.Keys(macWords)),
		slices.Sorted(maps.Keys(programs)), slices.Sorted(maps.Keys(negations)), strings.Fields(
			"linux linux linux linux amd64 amd64 cuda cuda tool tool 12 12.4 13-0 132 sm89 sm120 gfx110x "+
				"cuda12x 64 32 v3 x86_64 noavx nocuda .tar.gz .zip"))
	f.Add([]byte("0123456789abcdef"), []byte("abcdefghij"))
	f.Add([]byte{1, 130, 1, 130, 1, 140, 1, 150}, []byte{1, 131, 1, 120, 1, 144, 1, 150})
	name := func(data []byte) string {
		var all []string
		for ; len(data) > 1; data = data[2:] {
			all = append(all, vocabulary[(int(data[0])<<8+int(data[1]))%len(vocabulary)])
		}
		return strings.ReplaceAll(strings.Join(all, "-"), "-.", ".")
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		requireSaneChoice(t, name(a), name(b), "v1", map[string]string{"cuda": "13.0", "driver": "580.65", "sm": "89",
			"glibc": "2.39", "gfx": "gfx1100"})
	})
}

// requireSaneChoice chooses among two names for a machine of which nothing is known, and one with these facts.
func requireSaneChoice(t *testing.T, a, b, tag string, host map[string]string) {
	w := linuxCPU()
	w.Tag = tag
	for _, facts := range []map[string]string{nil, host} {
		w.Worker, w.Host = catalog.CpuLlm, provisioner.HostOf(facts)
		c, _ := Select([]string{a, b}, w)
		if !negates.MatchString(c.Main) && !namesGPU.MatchString(tag) {
			require.NotRegexp(t, namesGPU, c.Main)
		}
		w.Worker = catalog.CudaLlm
		c, err := Select([]string{a, b}, w)
		if err != nil {
			require.Empty(t, c.Main)
			require.Len(t, c.Rejected, 2)
			continue
		}
		require.Contains(t, []string{a, b}, c.Main)
		require.NotContains(t, c.Companions, c.Main)
		isGPU := slices.ContainsFunc(slices.Collect(maps.Keys(words)), func(word string) bool {
			return words[word].sm > 0 && strings.Contains(strings.ToLower(c.Main), word)
		})
		if !isGPU {
			require.Regexp(t, namesCUDA, c.Main)
		}
		require.NotRegexp(t, namesCPU, c.Main)
		for _, r := range c.Rejected {
			require.NotEmpty(t, r.Reason)
			require.True(t, r.Kind.Valid())
			require.True(t, r.Asset != c.Main || a == b)
		}
	}
}
