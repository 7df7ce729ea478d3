package assetname

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// wildRelease is a release of a project that is not in the corpus: its assets, and for a host what is to be picked of
// them: "-" if none fits, "?" if several do.
type wildRelease struct {
	project, tag string
	assets       string // separated by spaces
	picks        map[string]string
}

// criteria reads "type/os/arch;fact=value;…".
func (r wildRelease) criteria(t *testing.T, host string) Criteria {
	target, facts, _ := strings.Cut(host, ";")
	parts := strings.Split(target, "/")
	require.Len(t, parts, 3, host)
	known := map[string]string{}
	for fact := range strings.SplitSeq(facts, ";") {
		name, value, _ := strings.Cut(fact, "=")
		known[name] = value
	}
	return Criteria{Worker: catalog.WorkerType(parts[0] + "-llm"), Repo: r.project, Tag: r.tag,
		Platform: catalog.Platform(parts[1]), Arch: catalog.Arch(parts[2]), Host: provisioner.HostOf(known)}
}

var wildReleases = []wildRelease{
	{"goreleaser/example", "v1.2.3", `example_1.2.3_Linux_x86_64.tar.gz example_1.2.3_Linux_arm64.tar.gz
		example_1.2.3_Linux_i386.tar.gz
		example_1.2.3_Linux_armv6.tar.gz example_1.2.3_Darwin_all.tar.gz example_1.2.3_Windows_x86_64.zip
		example_1.2.3_Windows_i386.zip
		example_1.2.3_linux_amd64.deb example_1.2.3_linux_amd64.rpm checksums.txt checksums.txt.sig checksums.txt.pem
		example_1.2.3_linux_amd64.tar.gz.sbom.json`, map[string]string{
		"cpu/linux/amd64": "example_1.2.3_Linux_x86_64.tar.gz", "cpu/linux/arm64": "example_1.2.3_Linux_arm64.tar.gz",
		"cpu/macos/arm64": "example_1.2.3_Darwin_all.tar.gz", "cpu/macos/amd64": "example_1.2.3_Darwin_all.tar.gz",
		"cpu/windows/amd64": "example_1.2.3_Windows_x86_64.zip", "cpu/windows/arm64": "-", "cuda/linux/amd64": "-",
	}},
	{"astral-sh/uv", "0.9.1", `uv-aarch64-apple-darwin.tar.gz uv-aarch64-apple-darwin.tar.gz.sha256
		uv-aarch64-pc-windows-msvc.zip
		uv-aarch64-unknown-linux-gnu.tar.gz uv-aarch64-unknown-linux-musl.tar.gz uv-arm-unknown-linux-musleabihf.tar.gz
		uv-armv7-unknown-linux-gnueabihf.tar.gz uv-i686-unknown-linux-gnu.tar.gz uv-powerpc64-unknown-linux-gnu.tar.gz
		uv-powerpc64le-unknown-linux-gnu.tar.gz uv-riscv64gc-unknown-linux-gnu.tar.gz uv-s390x-unknown-linux-gnu.tar.gz
		uv-x86_64-apple-darwin.tar.gz uv-x86_64-pc-windows-msvc.zip uv-x86_64-unknown-linux-gnu.tar.gz
		uv-x86_64-unknown-linux-musl.tar.gz uv-installer.sh uv-installer.ps1 source.tar.gz source.tar.gz.sha256 sha256.sum
		dist-manifest.json`, map[string]string{
		"cpu/linux/amd64":           "uv-x86_64-unknown-linux-gnu.tar.gz",
		"cpu/linux/amd64;libc=musl": "uv-x86_64-unknown-linux-musl.tar.gz",
		"cpu/linux/arm64":           "uv-aarch64-unknown-linux-gnu.tar.gz",
		"cpu/linux/ppc64le":         "uv-powerpc64le-unknown-linux-gnu.tar.gz",
		"cpu/linux/riscv64":         "uv-riscv64gc-unknown-linux-gnu.tar.gz",
		"cpu/linux/386":             "uv-i686-unknown-linux-gnu.tar.gz",
		"cpu/macos/arm64":           "uv-aarch64-apple-darwin.tar.gz", "cpu/windows/arm64": "uv-aarch64-pc-windows-msvc.zip",
		"metal/macos/arm64": "-", "vulkan/linux/amd64": "-",
	}},
	{"BurntSushi/ripgrep", "14.1.1", `ripgrep-14.1.1-aarch64-apple-darwin.tar.gz
		ripgrep-14.1.1-x86_64-unknown-linux-musl.tar.gz
		ripgrep-14.1.1-x86_64-pc-windows-gnu.zip ripgrep-14.1.1-x86_64-pc-windows-msvc.zip ripgrep_14.1.1-1_amd64.deb
		ripgrep-14.1.1-x86_64-unknown-linux-musl.tar.gz.sha256`, map[string]string{
		"cpu/linux/amd64": "ripgrep-14.1.1-x86_64-unknown-linux-musl.tar.gz", "cpu/windows/amd64": "?",
		"cpu/macos/amd64": "-",
	}},
	{"TabbyML/tabby", "v0.30.0", `tabby_aarch64-apple-darwin.tar.gz tabby_x86_64-manylinux_2_28.tar.gz
		tabby_x86_64-manylinux_2_28-cuda123.tar.gz tabby_x86_64-manylinux_2_28-vulkan.tar.gz
		tabby_x86_64-windows-msvc-cuda117.zip
		tabby_x86_64-windows-msvc-cuda124.zip tabby_x86_64-windows-msvc-vulkan.zip tabby_x86_64-windows-msvc.zip`,
		map[string]string{
			"cpu/linux/amd64": "tabby_x86_64-manylinux_2_28.tar.gz", "cpu/linux/amd64;libc=glibc;glibc=2.17": "-",
			"cpu/linux/amd64;libc=musl": "-", "cuda/linux/amd64;cuda=12.4": "tabby_x86_64-manylinux_2_28-cuda123.tar.gz",
			"cuda/linux/amd64;cuda=12.2": "-", "vulkan/linux/amd64": "tabby_x86_64-manylinux_2_28-vulkan.tar.gz",
			"cuda/windows/amd64": "tabby_x86_64-windows-msvc-cuda117.zip",
			// nothing is known of the driver
			"cuda/windows/amd64;driver=580.65.06;cuda=13.0": "tabby_x86_64-windows-msvc-cuda124.zip",
			"cpu/windows/amd64":                             "tabby_x86_64-windows-msvc.zip",
		}},
	{"TabbyML/tabby", "v0.11.0", `tabby_aarch64-apple-darwin tabby_x86_64-manylinux2014 tabby_x86_64-manylinux2014-cuda117
		tabby_x86_64-manylinux2014-cuda122 tabby_x86_64-manylinux2014-rocm57 tabby_x86_64-manylinux2014-vulkan
		tabby_x86_64-windows-msvc-cpu.exe tabby_x86_64-windows-msvc-cuda117.exe`, map[string]string{
		"cpu/linux/amd64;glibc=2.17":  "tabby_x86_64-manylinux2014",
		"cuda/linux/amd64;driver=535": "tabby_x86_64-manylinux2014-cuda122",
		"cuda/linux/amd64;driver=470": "tabby_x86_64-manylinux2014-cuda117",
		"rocm/linux/amd64":            "tabby_x86_64-manylinux2014-rocm57",
		"hip/linux/amd64":             "tabby_x86_64-manylinux2014-rocm57",
		"cpu/windows/amd64":           "tabby_x86_64-windows-msvc-cpu.exe",
	}},
	{"ggerganov/llama.cpp", "b1500", `cudart-llama-bin-win-cu11.7.1-x64.zip cudart-llama-bin-win-cu12.2.0-x64.zip
		llama-b1500-bin-win-avx-x64.zip llama-b1500-bin-win-avx2-x64.zip llama-b1500-bin-win-avx512-x64.zip
		llama-b1500-bin-win-clblast-x64.zip llama-b1500-bin-win-cublas-cu11.7.1-x64.zip
		llama-b1500-bin-win-cublas-cu12.2.0-x64.zip
		llama-b1500-bin-win-noavx-x64.zip llama-b1500-bin-win-openblas-x64.zip`, map[string]string{
		"cpu/windows/amd64;cpu=x86-64-v3": "llama-b1500-bin-win-avx2-x64.zip",
		"cpu/windows/amd64;cpu=x86-64-v4": "llama-b1500-bin-win-avx512-x64.zip",
		"cpu/windows/amd64;cpu=x86-64-v1": "llama-b1500-bin-win-noavx-x64.zip",
		"cpu/windows/amd64;cpu=x86-64-v2": "llama-b1500-bin-win-noavx-x64.zip",
		"cuda/windows/amd64;driver=551":   "llama-b1500-bin-win-cublas-cu12.2.0-x64.zip",
		"cuda/windows/amd64":              "llama-b1500-bin-win-cublas-cu11.7.1-x64.zip",
		"opencl/windows/amd64":            "llama-b1500-bin-win-clblast-x64.zip", "cpu/linux/amd64": "-",
	}},
	{"ggml-org/llama.cpp", "b8149", `llama-b8149-bin-310p-openEuler-aarch64.tar.gz
		llama-b8149-bin-310p-openEuler-x86.tar.gz
		llama-b8149-bin-910b-openEuler-aarch64-aclgraph.tar.gz llama-b8149-bin-macos-arm64-kleidiai.tar.gz
		llama-b8149-bin-macos-arm64.tar.gz
		llama-b8149-bin-ubuntu-x64.tar.gz llama-b8149-bin-ubuntu-s390x.tar.gz llama-b8149-bin-ubuntu-sycl-fp16-x64.tar.gz
		llama-b8149-bin-ubuntu-sycl-fp32-x64.tar.gz llama-b8149-bin-win-sycl-x64.zip llama-b8149-xcframework.zip`,
		map[string]string{
			"cpu/linux/amd64": "llama-b8149-bin-ubuntu-x64.tar.gz", "cpu/linux/arm64": "-", "sycl/linux/amd64": "?",
			"sycl/windows/amd64": "llama-b8149-bin-win-sycl-x64.zip", "metal/macos/arm64": "llama-b8149-bin-macos-arm64.tar.gz",
			"cann/linux/arm64": "?", "foo/linux/amd64": "-",
		}},
	{"hybridgroup/llama-cpp-builder", "b9934", `llama-b9934-bin-ubuntu-cuda-12-x64.tar.gz
		llama-b9934-bin-ubuntu-cuda-13-x64.tar.gz
		llama-b9934-bin-ubuntu-cuda-13-arm64.tar.gz llama-b9934-bin-ubuntu-cpu-arm64.tar.gz
		llama-b9934-bin-ubuntu-trixie-cpu-arm64.tar.gz
		llama-b9934-bin-ubuntu-trixie-vulkan-arm64.tar.gz llama-b9934-bin-ubuntu-vulkan-arm64.tar.gz`, map[string]string{
		"cuda/linux/amd64;driver=570":      "llama-b9934-bin-ubuntu-cuda-12-x64.tar.gz",
		"cuda/linux/amd64;cuda=13.0":       "llama-b9934-bin-ubuntu-cuda-13-x64.tar.gz",
		"cuda/linux/amd64;cuda=13.0;sm=61": "llama-b9934-bin-ubuntu-cuda-12-x64.tar.gz", "cpu/linux/amd64": "-",
		"cpu/linux/arm64;distro=debian-13;glibc=2.41": "llama-b9934-bin-ubuntu-trixie-cpu-arm64.tar.gz",
		"cpu/linux/arm64;glibc=2.36":                  "llama-b9934-bin-ubuntu-cpu-arm64.tar.gz",
	}},
	{"Thireus/ik_llama.cpp", "main-b4301-0bd7d1f", `ik_llama-main-b4301-0bd7d1f-bin-win-cuda-12.8-x64-avx2.zip
		ik_llama-main-b4301-0bd7d1f-bin-win-cuda-12.8-x64-avx512.zip
		ik_llama-main-b4301-0bd7d1f-bin-win-cuda-13.1-x64-avx2.zip
		ik_llama-cudart-main-b4301-0bd7d1f-bin-win-cuda-12.8-x64-avx2.zip
		ik_llama-cudart-main-b4301-0bd7d1f-bin-win-cuda-12.8-x64-avx512.zip ik_llama-main-b4301-0bd7d1f-bin-macos-arm64.zip
		ik_llama-main-b4301-0bd7d1f-bin-ubuntu-x64-avx2.zip`, map[string]string{
		"cuda/windows/amd64;cuda=12.9;cpu=x86-64-v3": "ik_llama-main-b4301-0bd7d1f-bin-win-cuda-12.8-x64-avx2.zip",
		"cuda/windows/amd64;cuda=12.9;cpu=x86-64-v4": "ik_llama-main-b4301-0bd7d1f-bin-win-cuda-12.8-x64-avx512.zip",
		"cuda/windows/amd64;cuda=12.9;cpu=x86-64-v2": "-",
		"cpu/linux/amd64":  "ik_llama-main-b4301-0bd7d1f-bin-ubuntu-x64-avx2.zip",
		"cuda/linux/amd64": "-",
	}},
	{"janhq/cortex.llamacpp", "v0.1.25-25.08.24", `cortex.llamacpp-0.1.25-25.08.24-linux-amd64-avx.tar.gz
		cortex.llamacpp-0.1.25-25.08.24-linux-amd64-avx2.tar.gz
		cortex.llamacpp-0.1.25-25.08.24-linux-amd64-avx2-cuda-11-7.tar.gz
		cortex.llamacpp-0.1.25-25.08.24-linux-amd64-avx2-cuda-12-0.tar.gz
		cortex.llamacpp-0.1.25-25.08.24-linux-amd64-noavx.tar.gz
		cortex.llamacpp-0.1.25-25.08.24-linux-amd64-noavx-cuda-12-0.tar.gz
		cortex.llamacpp-0.1.25-25.08.24-linux-amd64-vulkan.tar.gz cortex.llamacpp-0.1.25-25.08.24-mac-arm64.tar.gz
		cortex.llamacpp-0.1.25-25.08.24-mac-amd64.tar.gz
		cortex.llamacpp-0.1.25-25.08.24-windows-amd64-avx2-cuda-12-0.tar.gz`, map[string]string{
		"cpu/linux/amd64;cpu=x86-64-v3":             "cortex.llamacpp-0.1.25-25.08.24-linux-amd64-avx2.tar.gz",
		"cpu/linux/amd64;cpu=x86-64-v2":             "cortex.llamacpp-0.1.25-25.08.24-linux-amd64-noavx.tar.gz",
		"cuda/linux/amd64;cuda=12.4;cpu=x86-64-v3":  "cortex.llamacpp-0.1.25-25.08.24-linux-amd64-avx2-cuda-12-0.tar.gz",
		"cuda/linux/amd64;driver=470;cpu=x86-64-v3": "cortex.llamacpp-0.1.25-25.08.24-linux-amd64-avx2-cuda-11-7.tar.gz",
		"cuda/linux/amd64;cuda=12.4;cpu=x86-64-v2":  "cortex.llamacpp-0.1.25-25.08.24-linux-amd64-noavx-cuda-12-0.tar.gz",
		"vulkan/linux/amd64":                        "cortex.llamacpp-0.1.25-25.08.24-linux-amd64-vulkan.tar.gz",
		"cpu/macos/amd64":                           "cortex.llamacpp-0.1.25-25.08.24-mac-amd64.tar.gz",
		"cuda/windows/amd64":                        "cortex.llamacpp-0.1.25-25.08.24-windows-amd64-avx2-cuda-12-0.tar.gz",
	}},
	{"menloresearch/cortex.cpp", "v1.0.10", `cortex-1.0.10-linux-amd64-local-installer.deb
		cortex-1.0.10-linux-amd64-network-installer.deb
		cortex-1.0.10-linux-amd64.tar.gz cortex-1.0.10-mac-arm64.tar.gz cortex-1.0.10-mac-universal-local-installer.pkg
		cortex-1.0.10-windows-amd64-local-installer.exe cortex-1.0.10-windows-amd64.tar.gz`, map[string]string{
		"cpu/linux/amd64": "cortex-1.0.10-linux-amd64.tar.gz", "cpu/windows/amd64": "cortex-1.0.10-windows-amd64.tar.gz",
		"cpu/macos/arm64": "cortex-1.0.10-mac-arm64.tar.gz", "cuda/linux/amd64": "-",
	}},
	{"janhq/jan", "v0.5.17", `jan-linux-amd64-0.5.17.deb jan-linux-x86_64-0.5.17.AppImage jan-mac-universal-0.5.17.dmg
		jan-mac-universal-0.5.17.zip
		jan-win-x64-0.5.17.exe jan-win-x64-0.5.17.exe.blockmap latest-linux.yml latest-mac.yml latest.yml`, map[string]string{
		"cpu/linux/amd64": "-", "cpu/windows/amd64": "-", "cpu/macos/arm64": "-",
	}},
	{"menloresearch/llama.cpp", "b6399", `cudart-llama-bin-linux-cu12.0-x64.tar.gz cudart-llama-bin-win-cu12.0-x64.zip
		llama-b6399-bin-linux-avx2-cuda-cu11.7-x64.tar.gz llama-b6399-bin-linux-avx2-cuda-cu12.0-x64.tar.gz
		llama-b6399-bin-linux-avx2-x64.tar.gz
		llama-b6399-bin-linux-noavx-x64.tar.gz llama-b6399-bin-macos-arm64.tar.gz
		llama-b6399-bin-win-avx2-cuda-cu12.0-x64.tar.gz`, map[string]string{
		"cuda/linux/amd64;driver=550":   "llama-b6399-bin-linux-avx2-cuda-cu12.0-x64.tar.gz",
		"cuda/linux/amd64;driver=470":   "llama-b6399-bin-linux-avx2-cuda-cu11.7-x64.tar.gz",
		"cpu/linux/amd64;cpu=x86-64-v3": "llama-b6399-bin-linux-avx2-x64.tar.gz", "vulkan/linux/amd64": "-",
	}},
	{"lemonade-sdk/llamacpp-rocm", "b1291", `llama-b1291-ubuntu-rocm-gfx110X-x64.zip
		llama-b1291-ubuntu-rocm-gfx1150-x64.zip
		llama-b1291-ubuntu-rocm-gfx1151-x64.zip llama-b1291-ubuntu-rocm-gfx120X-x64.zip
		llama-b1291-windows-rocm-gfx1151-x64.zip`, map[string]string{
		"rocm/linux/amd64;gfx=gfx1151": "llama-b1291-ubuntu-rocm-gfx1151-x64.zip",
		"rocm/linux/amd64;gfx=gfx1201": "llama-b1291-ubuntu-rocm-gfx120X-x64.zip",
		"rocm/linux/amd64":             "-", "rocm/linux/amd64;gfx=gfx1030": "-", "cpu/linux/amd64": "-",
		"cuda/linux/amd64": "-",
	}},
	{"leejet/stable-diffusion.cpp", "master-741-cc73429", `cudart-sd-bin-win-cu12-x64.zip
		sd-master-cc73429-bin-Darwin-macOS-15.7.7-arm64.zip
		sd-master-cc73429-bin-Linux-Ubuntu-24.04-x86_64-rocm-7.13.0.zip
		sd-master-cc73429-bin-Linux-Ubuntu-24.04-x86_64-vulkan.zip
		sd-master-cc73429-bin-Linux-Ubuntu-24.04-x86_64.zip sd-master-cc73429-bin-win-avx-x64.zip
		sd-master-cc73429-bin-win-avx2-x64.zip
		sd-master-cc73429-bin-win-avx512-x64.zip sd-master-cc73429-bin-win-cuda12-x64.zip
		sd-master-cc73429-bin-win-noavx-x64.zip
		sd-master-cc73429-bin-win-rocm-7.1.1-x64.zip sd-master-cc73429-bin-win-vulkan-x64.zip`, map[string]string{
		"cpu/linux/amd64;glibc=2.39":          "sd-master-cc73429-bin-Linux-Ubuntu-24.04-x86_64.zip",
		"cpu/linux/amd64;glibc=2.35":          "-",
		"cpu/linux/amd64;distro=ubuntu-22.04": "-",
		"rocm/linux/amd64":                    "sd-master-cc73429-bin-Linux-Ubuntu-24.04-x86_64-rocm-7.13.0.zip",
		"cuda/windows/amd64":                  "sd-master-cc73429-bin-win-cuda12-x64.zip",
		"metal/macos/arm64":                   "sd-master-cc73429-bin-Darwin-macOS-15.7.7-arm64.zip",
		"cpu/windows/amd64;cpu=x86-64-v1":     "sd-master-cc73429-bin-win-noavx-x64.zip",
	}},
	{"unslothai/stable-diffusion.cpp", "master-759-1a2b3c4", `sd-master-759-1a2b3c4-bin-linux-cuda12-x64.zip
		sd-master-759-1a2b3c4-bin-Linux-Ubuntu-22.04-x86_64-vulkan.zip
		sd-master-759-1a2b3c4-bin-linux-aarch64-cpu.zip sd-master-759-1a2b3c4-bin-win-cpu-x64.zip`, map[string]string{
		"cuda/linux/amd64": "sd-master-759-1a2b3c4-bin-linux-cuda12-x64.zip", "cpu/linux/amd64": "-",
		"cpu/linux/arm64":               "sd-master-759-1a2b3c4-bin-linux-aarch64-cpu.zip",
		"vulkan/linux/amd64;glibc=2.35": "sd-master-759-1a2b3c4-bin-Linux-Ubuntu-22.04-x86_64-vulkan.zip",
	}},
	{"ollama/ollama", "v0.1.40", `ollama-darwin Ollama-darwin.zip ollama-linux-amd64 ollama-linux-arm64
		ollama-windows-amd64.zip OllamaSetup.exe
		sha256sum.txt`, map[string]string{
		"cpu/linux/amd64": "ollama-linux-amd64", "cuda/linux/arm64": "ollama-linux-arm64",
		"metal/macos/arm64": "ollama-darwin",
		"rocm/linux/amd64":  "-", "vulkan/linux/amd64": "-", "cuda/windows/amd64": "ollama-windows-amd64.zip",
	}},
	{"mudler/LocalAI", "v2.22.1", `local-ai-Darwin-arm64 local-ai-Darwin-x86_64 local-ai-Linux-x86_64
		local-ai-Linux-arm64`, map[string]string{
		"cpu/linux/amd64": "local-ai-Linux-x86_64", "cpu/linux/arm64": "local-ai-Linux-arm64", "cuda/linux/amd64": "-",
		"metal/macos/arm64": "-",
	}},
	{"mudler/LocalAI", "v1.40.0", `local-ai-avx-Linux-x86_64 local-ai-avx2-Linux-x86_64 local-ai-avx512-Linux-x86_64
		local-ai-cuda11-Linux-x86_64
		local-ai-cuda12-Linux-x86_64`, map[string]string{
		"cpu/linux/amd64": "local-ai-avx2-Linux-x86_64", "cuda/linux/amd64;driver=535.54": "local-ai-cuda12-Linux-x86_64",
		"cuda/linux/amd64": "local-ai-cuda11-Linux-x86_64", "cuda/linux/amd64;driver=390": "-",
	}},
	{"LostRuins/koboldcpp", "v1.70", `koboldcpp-linux-x64-cuda1150 koboldcpp-linux-x64-cuda1210
		koboldcpp-linux-x64-nocuda koboldcpp-mac-arm64
		koboldcpp.exe koboldcpp_cu12.exe koboldcpp_nocuda.exe koboldcpp_oldcpu.exe`, map[string]string{
		"cpu/linux/amd64": "koboldcpp-linux-x64-nocuda", "cuda/linux/amd64;driver=550": "koboldcpp-linux-x64-cuda1210",
		"cuda/linux/amd64": "koboldcpp-linux-x64-cuda1150", "cuda/windows/amd64;driver=550": "koboldcpp_cu12.exe",
		"cpu/windows/amd64": "koboldcpp_nocuda.exe",
	}},
	{"nomic-ai/gpt4all", "v3.10.0", `gpt4all-installer-darwin-v3.10.0.dmg gpt4all-installer-linux-v3.10.0.run
		gpt4all-installer-win64-v3.10.0.exe
		gpt4all-installer-win64-v3.10.0-arm.exe`, map[string]string{
		"cpu/linux/amd64": "-", "cpu/windows/amd64": "-", "cpu/macos/arm64": "-",
	}},
	{"EricLBuehler/mistral.rs", "v0.6.0", `mistralrs-server-x86_64-unknown-linux-gnu.tar.xz
		mistralrs-server-x86_64-unknown-linux-gnu.tar.xz.sha256
		mistralrs-server-aarch64-apple-darwin.tar.xz mistralrs-bench-x86_64-unknown-linux-gnu.tar.xz
		mistralrs-server-installer.sh
		mistralrs-server-x86_64-pc-windows-msvc.zip source.tar.gz sha256.sum dist-manifest.json`, map[string]string{
		"cpu/linux/amd64": "mistralrs-server-x86_64-unknown-linux-gnu.tar.xz", "cuda/linux/amd64": "-",
		"cpu/macos/arm64": "mistralrs-server-aarch64-apple-darwin.tar.xz",
	}},
	{"ggml-org/whisper.cpp", "v1.7.4", `whisper-bin-Win32.zip whisper-bin-x64.zip whisper-blas-bin-Win32.zip
		whisper-blas-bin-x64.zip
		whisper-cublas-11.8.0-bin-x64.zip whisper-cublas-12.2.0-bin-x64.zip`, map[string]string{
		"cpu/windows/amd64": "whisper-bin-x64.zip", "cuda/windows/amd64;driver=551": "whisper-cublas-12.2.0-bin-x64.zip",
		"cpu/linux/amd64": "-",
	}},
	{"acme/vulkan-whisper", "v1.8.4", `whisper-vulkan-bin-x64.zip`, map[string]string{
		"vulkan/windows/amd64": "whisper-vulkan-bin-x64.zip", "vulkan/linux/amd64": "-", "cpu/windows/amd64": "-",
	}},
	{"0xShug0/audio.cpp", "v0.7.0", `audiocpp-v0.7.0-bin-ubuntu-vulkan-x64.tar.gz audiocpp-v0.7.0-bin-ubuntu-x64.tar.gz
		audiocpp-v0.7.0-bin-macos-arm64.tar.gz
		audiocpp-v0.7.0-bin-win-cuda-12.4-x64.zip audiocpp-v0.7.0-bin-win-cuda-13.3-x64.zip
		audiocpp-v0.7.0-bin-win-cpu-x64.zip
		cudart-audiocpp-bin-win-cuda-12.4-x64.zip cudart-audiocpp-bin-win-cuda-13.3-x64.zip`, map[string]string{
		"cuda/windows/amd64;cuda=13.0;driver=580.88": "audiocpp-v0.7.0-bin-win-cuda-12.4-x64.zip",
		// surely runs, and 13.3 may not
		"cuda/windows/amd64;cuda=13.3": "audiocpp-v0.7.0-bin-win-cuda-13.3-x64.zip",
		"cpu/linux/amd64":              "audiocpp-v0.7.0-bin-ubuntu-x64.tar.gz",
	}},
	{"k2-fsa/sherpa-onnx", "v1.12.0", `sherpa-onnx-v1.12.0-linux-x64-static.tar.bz2
		sherpa-onnx-v1.12.0-linux-x64-shared.tar.bz2 sherpa-onnx-v1.12.0-osx-universal2-shared.tar.bz2
		sherpa-onnx-v1.12.0-android.tar.bz2 sherpa-onnx-v1.12.0-ios.tar.bz2 sherpa-onnx-wasm-simd-v1.12.0.tar.bz2
		sherpa-onnx-v1.12.0-linux-aarch64-shared-cpu.tar.bz2 sherpa-onnx-v1.12.0-cuda-12.x-cudnn-9.x-linux-x64-gpu.tar.bz2`,
		map[string]string{
			"cpu/linux/amd64":             "sherpa-onnx-v1.12.0-linux-x64-static.tar.bz2",
			"cpu/macos/amd64":             "sherpa-onnx-v1.12.0-osx-universal2-shared.tar.bz2",
			"cuda/linux/amd64;driver=550": "sherpa-onnx-v1.12.0-cuda-12.x-cudnn-9.x-linux-x64-gpu.tar.bz2",
			"cuda/linux/amd64;driver=470": "-",
			"cpu/linux/arm64":             "sherpa-onnx-v1.12.0-linux-aarch64-shared-cpu.tar.bz2",
		}},
	{"microsoft/onnxruntime", "v1.22.0", `onnxruntime-linux-x64-1.22.0.tgz onnxruntime-linux-x64-gpu-1.22.0.tgz
		onnxruntime-linux-aarch64-1.22.0.tgz
		onnxruntime-osx-universal2-1.22.0.tgz onnxruntime-win-x64-1.22.0.zip onnxruntime-win-x64-gpu-1.22.0.zip
		onnxruntime-win-x86-1.22.0.zip
		Microsoft.ML.OnnxRuntime.DirectML.1.22.0.nupkg`, map[string]string{
		"cpu/linux/amd64": "onnxruntime-linux-x64-1.22.0.tgz", "cuda/linux/amd64": "-",
		"gpu/linux/amd64": "onnxruntime-linux-x64-gpu-1.22.0.tgz",
		"cpu/windows/386": "onnxruntime-win-x86-1.22.0.zip",
	}},
	{"evanw/esbuild", "v0.25.0", `esbuild-linux-x64.tgz esbuild-win32-x64.zip esbuild-win32-ia32.zip
		esbuild-win32-arm64.zip esbuild-darwin-arm64.tgz`, map[string]string{
		"cpu/windows/amd64": "esbuild-win32-x64.zip", "cpu/windows/arm64": "esbuild-win32-arm64.zip",
		"cpu/windows/386": "esbuild-win32-ia32.zip",
	}},
	{"conda-forge/micromamba", "2.3.0", `micromamba-linux-64.tar.bz2 micromamba-linux-aarch64.tar.bz2
		micromamba-osx-64.tar.bz2 micromamba-osx-arm64.tar.bz2
		micromamba-win-64.exe micromamba-linux-64.tar.bz2.sha256`, map[string]string{
		"cpu/linux/amd64": "micromamba-linux-64.tar.bz2", "cpu/macos/amd64": "micromamba-osx-64.tar.bz2",
		"cpu/macos/arm64":   "micromamba-osx-arm64.tar.bz2",
		"cpu/windows/amd64": "micromamba-win-64.exe",
	}},
	{"acme/old", "v1", `old-linux-32.tar.gz old-win-32-bit.zip old-win32.zip`, map[string]string{
		"cpu/linux/amd64": "-", "cpu/windows/amd64": "-", "cpu/linux/386": "old-linux-32.tar.gz",
	}},
	{"denoland/deno", "v2.5.0", `deno-x86_64-unknown-linux-gnu.zip deno-x86_64-unknown-linux-gnu.zip.sha256sum
		denort-x86_64-unknown-linux-gnu.zip
		deno_src.tar.gz lib.deno.d.ts deno-x86_64-pc-windows-msvc.zip`, map[string]string{
		"cpu/linux/amd64": "deno-x86_64-unknown-linux-gnu.zip", "cpu/windows/amd64": "deno-x86_64-pc-windows-msvc.zip",
	}},
	{"electron/electron", "v38.0.0", `electron-v38.0.0-linux-x64.zip electron-v38.0.0-linux-x64-debug.zip
		electron-v38.0.0-linux-x64-symbols.zip
		ffmpeg-v38.0.0-linux-x64.zip chromedriver-v38.0.0-linux-x64.zip`, map[string]string{
		"cpu/linux/amd64": "electron-v38.0.0-linux-x64.zip",
	}},
	{"neovim/neovim", "v0.11.0", `nvim-linux-x86_64.appimage nvim-linux-x86_64.appimage.zsync nvim-linux-x86_64.tar.gz
		nvim-linux-arm64.tar.gz
		nvim-macos-arm64.tar.gz nvim-win64.msi nvim-win64.zip shasum.txt`, map[string]string{
		"cpu/linux/amd64": "nvim-linux-x86_64.tar.gz", "cpu/windows/amd64": "nvim-win64.zip", "cpu/macos/amd64": "-",
	}},
	{"containerd/nerdctl", "v2.1.0", `nerdctl-2.1.0-linux-amd64.tar.gz nerdctl-full-2.1.0-linux-amd64.tar.gz
		nerdctl-2.1.0-linux-arm-v7.tar.gz
		nerdctl-2.1.0-freebsd-amd64.tar.gz nerdctl-2.1.0-go-mod-vendor.tar.gz SHA256SUMS SHA256SUMS.asc`, map[string]string{
		"cpu/linux/amd64": "nerdctl-2.1.0-linux-amd64.tar.gz", "cpu/linux/arm64": "-",
	}},
	{"rclone/rclone", "v1.71.0", `rclone-v1.71.0-linux-amd64.zip rclone-v1.71.0-linux-amd64.deb
		rclone-v1.71.0-osx-amd64.zip rclone-v1.71.0-osx-arm64.zip
		rclone-v1.71.0-linux-mipsle.zip rclone-v1.71.0-plan9-amd64.zip rclone-v1.71.0-windows-amd64.zip rclone-v1.71.0.tar.gz
		rclone-v1.71.0-vendor.tar.gz MD5SUMS SHA1SUMS SHA256SUMS version.txt`, map[string]string{
		"cpu/linux/amd64": "rclone-v1.71.0-linux-amd64.zip", "cpu/macos/arm64": "rclone-v1.71.0-osx-arm64.zip",
		"cpu/linux/arm64": "-",
	}},
	{"docker/compose", "v2.40.0", `docker-compose-darwin-aarch64 docker-compose-darwin-aarch64.sha256
		docker-compose-linux-x86_64 docker-compose-linux-x86_64.provenance.json
		docker-compose-linux-x86_64.sbom.json docker-compose-linux-x86_64.sha256 docker-compose-linux-armv7
		docker-compose-windows-x86_64.exe`, map[string]string{
		"cpu/linux/amd64": "docker-compose-linux-x86_64", "cpu/macos/arm64": "docker-compose-darwin-aarch64",
		"cpu/windows/amd64": "docker-compose-windows-x86_64.exe",
	}},
	{"k3s-io/k3s", "v1.34.1+k3s1", `k3s k3s-arm64 k3s-armhf k3s-airgap-images-amd64.tar.zst k3s-images.txt
		sha256sum-amd64.txt`, map[string]string{
		"cpu/linux/amd64": "-", "cpu/linux/arm64": "-",
	}},
	{"VictoriaMetrics/VictoriaMetrics", "v1.120.0", `victoria-metrics-linux-amd64-v1.120.0.tar.gz
		victoria-metrics-linux-amd64-v1.120.0-enterprise.tar.gz
		vmutils-linux-amd64-v1.120.0.tar.gz`, map[string]string{
		"cpu/linux/amd64": "?",
	}},
	{"acme/levels", "v4.0.0", `levels_linux_amd64_v1.tar.gz levels_linux_amd64_v2.tar.gz levels_linux_amd64_v3.tar.gz
		levels_linux_x86_64_v4.tar.gz`, map[string]string{
		"cpu/linux/amd64;cpu=x86-64-v3": "levels_linux_amd64_v3.tar.gz",
		"cpu/linux/amd64;cpu=x86-64-v1": "levels_linux_amd64_v1.tar.gz",
	}},
	{"acme/distros", "v2.0.0", `worker-ubuntu-20.04-x64.tar.gz worker-ubuntu2204-x64.tar.gz worker-jammy-arm64.tar.gz
		worker-noble-x64.tar.gz worker-el9-x86_64.tar.gz
		worker-fedora-42-x86_64.tar.gz worker-alpine-3.20-x86_64.tar.gz`, map[string]string{
		"cpu/linux/amd64;distro=ubuntu-24.04;glibc=2.39": "worker-noble-x64.tar.gz",
		"cpu/linux/amd64;distro=ubuntu-22.04":            "worker-ubuntu2204-x64.tar.gz",
		"cpu/linux/amd64;distro=rocky-9.4;glibc=2.34":    "worker-el9-x86_64.tar.gz",
		"cpu/linux/amd64;distro=debian-12;glibc=2.36":    "worker-ubuntu2204-x64.tar.gz",
		"cpu/linux/amd64": "worker-ubuntu-20.04-x64.tar.gz",
		"cpu/linux/amd64;libc=musl;distro=alpine-3.20": "worker-alpine-3.20-x86_64.tar.gz",
		"cpu/linux/amd64;glibc=2.28":                   "worker-alpine-3.20-x86_64.tar.gz", "cpu/linux/arm64;glibc=2.31": "-",
	}},
	{"acme/macs", "v1.0.0", `worker-macos-13-intel.tar.gz worker-macos-14-apple-silicon.tar.gz worker-macos-15-m1.tar.gz
		worker-macos-26-arm64.tar.gz`, map[string]string{
		"metal/macos/arm64": "-", "cpu/macos/arm64;macos=15.1": "worker-macos-15-m1.tar.gz",
		"cpu/macos/arm64;macos=14.4": "worker-macos-14-apple-silicon.tar.gz",
		"cpu/macos/arm64":            "worker-macos-14-apple-silicon.tar.gz",
		"cpu/macos/amd64":            "worker-macos-13-intel.tar.gz",
	}},
	{"acme/gpu", "v3.1.0", `worker-linux-x64-no-cuda.tar.gz worker-linux-x64-gpu-cu121.tar.gz
		worker-linux-x64-nvidia-cuda-12.8-blackwell.tar.gz
		worker-linux-x64-intel-gpu.tar.gz worker-linux-x64-amd-radeon.tar.gz worker-linux-x64-nvidia-vulkan.tar.gz`,
		map[string]string{
			"cpu/linux/amd64":                   "worker-linux-x64-no-cuda.tar.gz",
			"cuda/linux/amd64;cuda=12.8;sm=89":  "worker-linux-x64-gpu-cu121.tar.gz",
			"cuda/linux/amd64;cuda=12.8;sm=100": "worker-linux-x64-nvidia-cuda-12.8-blackwell.tar.gz",
			"cuda/linux/amd64":                  "worker-linux-x64-gpu-cu121.tar.gz",
			"vulkan/linux/amd64":                "worker-linux-x64-nvidia-vulkan.tar.gz", "rocm/linux/amd64": "-",
		}},
	{"acme/mixed", "v1.0.0", `cuda12-linux-x64.zip mixed-linux-x64.tar.gz mixed-cuda-runtime-linux-x64.tar.gz
		mixed-linux-x64-dev.tar.gz libmixed-cuda-linux-x64.so
		mixed-cuda-linux-x64.tar.gz.001 mixed-cuda-linux-x64.zip.part1`, map[string]string{
		"cuda/linux/amd64": "-", "cpu/linux/amd64": "mixed-linux-x64.tar.gz",
	}},
	{"acme/mixed", "v1.0.0", `mixed-cuda-linux-x64.tar.gz mixed-metal-macos-arm64.tar.gz mixed-rocm6.2-linux-x64.tar.gz
		mixed-mlx-macos-arm64.tar.gz
		mixed-cpu-linux-x64.tar.gz mixed-win-arm64.zip`, map[string]string{
		"cuda/linux/amd64": "mixed-cuda-linux-x64.tar.gz", "cuda/linux/arm64": "-",
		"cpu/linux/amd64": "mixed-cpu-linux-x64.tar.gz",
		"mlx/macos/arm64": "mixed-mlx-macos-arm64.tar.gz", "cpu/windows/arm64": "mixed-win-arm64.zip",
		"cpu/windows/amd64": "-",
	}},
	{"acme/vllm-like", "v0.11.0", `vllm-0.11.0+cu126-cp38-abi3-manylinux1_x86_64.whl
		vllm-0.11.0-cp38-abi3-manylinux1_x86_64.whl vllm-0.11.0.tar.gz`, map[string]string{
		"cuda/linux/amd64": "-", "cpu/linux/amd64": "-",
	}},
	{"acme/backends", "v1.0.0", `srv-linux-x64-tenstorrent.tar.gz srv-linux-x64.tar.gz srv-linux-x64-npu.tar.gz`,
		map[string]string{
			"tenstorrent/linux/amd64": "srv-linux-x64-tenstorrent.tar.gz", "npu/linux/amd64": "srv-linux-x64-npu.tar.gz",
			"cpu/linux/amd64": "srv-linux-x64.tar.gz", "gaudi/linux/amd64": "-",
		}},
	{"acme/arms", "v1.0.0", `srv-linux-arm64-v8a.tar.gz srv-linux-armv8.6-i8mm.tar.gz srv-linux-arm64.tar.gz
		srv-linux-armv7l.tar.gz srv-linux-aarch64_be.tar.gz
		srv-arm64-v8a.tar.gz`, map[string]string{
		"cpu/linux/arm64": "srv-linux-arm64.tar.gz", "cpu/linux/arm64;cpu=armv8.6": "srv-linux-arm64.tar.gz",
		"cpu/android/arm64": "srv-arm64-v8a.tar.gz",
	}},
	{"gpustack/llama-box", "v0.0.170", `llama-box-darwin-arm64-metal.zip llama-box-linux-amd64-avx2.zip
		llama-box-linux-amd64-cuda-11.8.zip
		llama-box-linux-amd64-cuda-12.4.zip llama-box-linux-amd64-hip-6.2.zip llama-box-linux-arm64-cann-8.0.zip
		llama-box-linux-amd64-musa-rc3.1.zip
		llama-box-windows-amd64-cuda-12.4.zip llama-box-windows-arm64-neon.zip sha256sum.txt`, map[string]string{
		"cpu/linux/amd64":             "llama-box-linux-amd64-avx2.zip",
		"cuda/linux/amd64;driver=550": "llama-box-linux-amd64-cuda-12.4.zip",
		"cuda/linux/amd64":            "llama-box-linux-amd64-cuda-11.8.zip",
		"metal/macos/arm64":           "llama-box-darwin-arm64-metal.zip",
		"cann/linux/arm64":            "llama-box-linux-arm64-cann-8.0.zip",
		"ascend/linux/arm64":          "llama-box-linux-arm64-cann-8.0.zip",
		"cpu/linux/arm64":             "-", "rocm/linux/amd64": "llama-box-linux-amd64-hip-6.2.zip",
		"musa/linux/amd64": "llama-box-linux-amd64-musa-rc3.1.zip",
	}},
	{"janhq/nitro", "v0.3.22", `nitro-0.3.22-linux-amd64-avx2.tar.gz nitro-0.3.22-linux-amd64-avx2-cuda-12-0.tar.gz
		nitro-0.3.22-linux-amd64-vulkan.tar.gz
		nitro-0.3.22-mac-universal.tar.gz nitro-0.3.22-win-amd64-avx2.tar.gz nitro-0.3.22-win-amd64-vulkan.tar.gz`,
		map[string]string{
			"cpu/linux/amd64":  "nitro-0.3.22-linux-amd64-avx2.tar.gz",
			"cuda/linux/amd64": "nitro-0.3.22-linux-amd64-avx2-cuda-12-0.tar.gz",
			"cpu/macos/arm64":  "nitro-0.3.22-mac-universal.tar.gz", "cuda/windows/amd64": "-",
			"cpu/windows/amd64": "nitro-0.3.22-win-amd64-avx2.tar.gz",
		}},
	{"WasmEdge/WasmEdge", "0.14.1", `WasmEdge-0.14.1-darwin_arm64.tar.gz WasmEdge-0.14.1-manylinux_2_28_x86_64.tar.gz
		WasmEdge-0.14.1-src.tar.gz
		WasmEdge-0.14.1-ubuntu20.04_x86_64.tar.gz WasmEdge-0.14.1-windows.zip WasmEdge-0.14.1-windows.msi SHA256SUM
		WasmEdge-plugin-wasi_nn-ggml-cuda-0.14.1-ubuntu20.04_x86_64.tar.gz
		WasmEdge-plugin-wasi_nn-ggml-0.14.1-darwin_arm64.tar.gz`, map[string]string{
		"cpu/linux/amd64;distro=ubuntu-20.04": "WasmEdge-0.14.1-ubuntu20.04_x86_64.tar.gz", "cuda/linux/amd64": "-",
		"cpu/linux/amd64;distro=fedora-42;glibc=2.41": "WasmEdge-0.14.1-manylinux_2_28_x86_64.tar.gz",
		"cpu/windows/amd64":                           "WasmEdge-0.14.1-windows.zip",
		"cpu/macos/arm64":                             "WasmEdge-0.14.1-darwin_arm64.tar.gz",
	}},
	{"acme/shimmy", "v1.8.0", `shimmy shimmy.exe shimmy-linux-x86_64 shimmy-macos-arm64 shimmy-macos-intel
		shimmy-windows-x86_64.exe shimmy-linux-x86_64-cu12x
		shimmy-linux-x86_64-withcuda shimmy-linux-arm64-allgpus`, map[string]string{
		"cpu/linux/amd64": "shimmy-linux-x86_64", "cpu/macos/amd64": "shimmy-macos-intel",
		"cpu/windows/amd64": "shimmy-windows-x86_64.exe",
		"cuda/linux/amd64":  "-", "cpu/linux/arm64": "-",
	}},
	{"mozilla-ai/llamafile", "0.9.3", `llamafile-0.9.3 llamafile-0.9.3.zip llamafile-bench-0.9.3 llamafile-quantize-0.9.3
		llamafile-upgrade-engine-0.9.3 llamafiler-0.9.3
		localscore-0.9.3 sdfile-0.9.3 whisperfile-0.9.3 zipalign-0.9.3`, map[string]string{
		"cpu/linux/amd64": "llamafile-0.9.3", "cuda/windows/amd64": "llamafile-0.9.3",
		"metal/macos/arm64": "llamafile-0.9.3", "rocm/linux/amd64": "-",
	}},
	{"acme/nightly", "nightly-2026-08-01", `srv-nightly-2026-08-01-linux-x64.tar.gz srv-latest-linux-x64.tar.gz`,
		map[string]string{
			"cpu/linux/amd64": "srv-nightly-2026-08-01-linux-x64.tar.gz",
		}},
}

func TestSelect_isRightForReleasesOfTheWild(t *testing.T) {
	hosts := 0
	for _, r := range slices.Concat(wildReleases, wildWorkers, wildVariants) {
		for host, want := range r.picks {
			hosts++
			names := strings.Fields(r.assets)
			c, err := Select(names, r.criteria(t, host))
			got := c.Main
			switch {
			case err != nil && err.Kind == provisioner.AmbiguousAsset:
				got = "?"
			case err != nil:
				require.Equal(t, provisioner.UnsupportedPlatform, err.Kind)
				got = "-"
			}
			if got != want {
				t.Errorf("%s %s for %s:\n got  %s\n want %s\n%v", r.project, r.tag, host, got, want, c.Rejected)
			}
			require.Contains(t, append(names, "-", "?"), want)
			require.Len(t, c.Rejected, len(names)-len(c.Companions)-map[bool]int{true: 1}[c.Main != ""], "each has a reason")
		}
	}
	require.Greater(t, len(wildReleases)+len(wildWorkers)+len(wildVariants), 90)
	t.Logf("%d releases, %d hosts", len(wildReleases)+len(wildWorkers)+len(wildVariants), hosts)
}
