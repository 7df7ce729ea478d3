package assetname

import "strings"

// sense is what a word in an asset's name means.
type meaning struct {
	os, arch, backend, libc string
	distro                  string // a Linux distribution: "ubuntu", or "ubuntu-22.04" where the word tells the version too
	level                   string // what the processor must know, as in levels
	sm                      int    // NVIDIA's compute capability
	gfx                     string // AMD's processor
	isPart                  bool   // of a part of the backend: a number behind it is not the backend's version
	rejectReason            string // why no asset with this word is a worker
	weak                    bool   // the sense does not count for a word that the project itself goes by
}

// words gives each known word its sense. The zero sense is a word that says nothing, and does not tell one build from another.
var words = map[string]meaning{
	"linux": {os: "linux"}, "gnu": {libc: "glibc"}, "glibc": {libc: "glibc"}, "musl": {libc: "musl"}, "static": {},
	"gnueabi": {libc: "glibc", arch: "arm"}, "gnueabihf": {libc: "glibc", arch: "arm"}, "musleabi": {libc: "musl", arch: "arm"},
	"musleabihf": {libc: "musl", arch: "arm"},
	"windows":    {os: "windows"}, "win": {os: "windows"}, "msvc": {os: "windows"}, "mingw": {os: "windows"},
	"mingw64": {os: "windows", arch: "amd64"}, "mingw32": {os: "windows", arch: "386"}, "cygwin": {os: "cygwin"},
	"darwin": {os: "macos"}, "macos": {os: "macos"}, "mac": {os: "macos"}, "osx": {os: "macos"}, "macosx": {os: "macos"},
	"android": {os: "android"}, "termux": {os: "android"}, "v8a": {os: "android"}, "ndk": {os: "android"},
	"ios": {os: "ios"}, "ipados": {os: "ios"}, "tvos": {os: "ios"}, "visionos": {os: "ios"}, "iphoneos": {os: "ios"}, "simulator": {os: "ios"},
	"watchos": {os: "ios"}, "catalyst": {os: "ios"}, "maccatalyst": {os: "ios"},
	"freebsd": {os: "freebsd"}, "openbsd": {os: "openbsd"}, "netbsd": {os: "netbsd"}, "dragonfly": {os: "dragonfly"},
	"solaris": {os: "solaris"}, "illumos": {os: "illumos"}, "sunos": {os: "solaris"}, "aix": {os: "aix"}, "plan9": {os: "plan9"},
	"haiku": {os: "haiku"}, "fuchsia": {os: "fuchsia"}, "openwrt": {os: "openwrt"}, "harmonyos": {os: "harmonyos"},
	"ohos": {os: "harmonyos"}, "openharmony": {os: "harmonyos"}, "wasm": {os: "wasm"}, "wasm32": {os: "wasm"}, "wasi": {os: "wasm"}, "emscripten": {os: "wasm"},

	"ubuntu": onLinux("ubuntu"), "debian": onLinux("debian"), "fedora": onLinux("fedora"), "rhel": onLinux("el"), "el": onLinux("el"),
	"centos": onLinux("el"), "rocky": onLinux("el"), "rockylinux": onLinux("el"), "alma": onLinux("el"), "almalinux": onLinux("el"),
	"opensuse": onLinux("opensuse"), "sles": onLinux("sles"), "archlinux": onLinux("arch"), "openeuler": onLinux("openeuler"),
	"amzn": onLinux("amzn"), "amazonlinux": onLinux("amzn"), "manylinux": onLinux("manylinux"),
	"bionic": onLinux("ubuntu-18.04"), "focal": onLinux("ubuntu-20.04"), "jammy": onLinux("ubuntu-22.04"),
	"noble": onLinux("ubuntu-24.04"), "buster": onLinux("debian-10"), "bullseye": onLinux("debian-11"),
	"bookworm": onLinux("debian-12"), "trixie": onLinux("debian-13"),
	"alpine": {os: "linux", libc: "musl"}, "musllinux": {os: "linux", libc: "musl"},

	"amd64": {arch: "amd64"}, "x64": {arch: "amd64"}, "intel64": {arch: "amd64"}, "arm64": {arch: "arm64"},
	"aarch64": {arch: "arm64"}, "arm64v8": {arch: "arm64"}, "armv8": {arch: "arm64"}, "silicon": {arch: "arm64"},
	"sbsa": {arch: "arm64"}, "graviton": {arch: "arm64"}, "snapdragon": {arch: "arm64"}, "grace": {arch: "arm64", weak: true},
	"386": {arch: "386"}, "i386": {arch: "386"}, "i486": {arch: "386"}, "i586": {arch: "386"}, "i686": {arch: "386"},
	"ia32": {arch: "386"}, "x86": {arch: "386"}, "x32": {arch: "x32"}, "32bit": {arch: "386"}, "64bit": {arch: "amd64"},
	"arm": {arch: "arm"}, "s390x": {arch: "s390x"}, "riscv64": {arch: "riscv64"}, "riscv64gc": {arch: "riscv64"},
	"ppc64le": {arch: "ppc64le"}, "powerpc64le": {arch: "ppc64le"}, "loong64": {arch: "loong64"}, "loongarch64": {arch: "loong64"},
	"s390": {arch: "s390"}, "rv64": {arch: "riscv64"}, "rv64gc": {arch: "riscv64"}, "ia64": {arch: "ia64"}, "e2k": {arch: "e2k"},
	"sw64": {arch: "sw64"}, "m68k": {arch: "m68k"}, "hppa": {arch: "hppa"}, "sh4": {arch: "sh4"}, "xtensa": {arch: "xtensa"},
	"gnux32": {arch: "x32"}, "ilp32": {arch: "ilp32"}, "be": {arch: "be"},
	"universal": {arch: anyValue}, "universal2": {arch: anyValue},

	"cpu": {backend: "cpu"}, "cpuonly": {backend: "cpu"}, "cuda": {backend: "cuda"}, "cublas": {backend: "cuda"},
	"cu": {backend: "cuda"}, "cudnn": {backend: "cuda", isPart: true}, "nccl": {backend: "cuda", isPart: true},
	"metal": {backend: "metal"}, "mps": {backend: "metal"}, "rocm": {backend: "rocm"}, "hip": {backend: "rocm"},
	"hipblas": {backend: "rocm"}, "vulkan": {backend: "vulkan"}, "kompute": {backend: "vulkan"}, "sycl": {backend: "sycl"},
	"oneapi": {backend: "sycl"}, "ipex": {backend: "sycl"}, "xpu": {backend: "sycl"}, "opencl": {backend: "opencl"},
	"clblast": {backend: "opencl"}, "openvino": {backend: "openvino"}, "cann": {backend: "cann"}, "aclgraph": {backend: "cann"},
	"310p": {backend: "cann"}, "910b": {backend: "cann"}, "musa": {backend: "musa"}, "mlx": {backend: "mlx"},
	"directml": {backend: "directml"}, "dml": {backend: "directml"}, "webgpu": {backend: "webgpu"}, "tpu": {backend: "tpu"},
	"npu": {backend: "npu"}, "qnn": {backend: "npu"}, "rknn": {backend: "npu"}, "hexagon": {backend: "hexagon"},
	"tensorrt": {backend: "tensorrt"}, "trt": {backend: "tensorrt"}, "rpc": {backend: "rpc"}, "zdnn": {backend: "zdnn"},
	"coreml": {backend: "coreml"}, "virtgpu": {backend: "virtgpu"}, "multigpu": {backend: "gpu"}, "nogpu": {backend: "cpu"}, "migraphx": {backend: "rocm"},
	"levelzero": {backend: "sycl"}, "trtllm": {backend: "tensorrt"}, "clblas": {backend: "opencl"}, "ocl": {backend: "opencl"},
	"dx12": {backend: "d3d12"}, "d3d12": {backend: "d3d12"}, "ryzenai": {backend: "npu"}, "xdna": {backend: "npu"},
	"hpu": {backend: "hpu"}, "gaudi": {backend: "hpu"}, "habana": {backend: "hpu"}, "neuron": {backend: "neuron", weak: true},
	"neuronx": {backend: "neuron"}, "inferentia": {backend: "neuron"}, "trainium": {backend: "neuron"}, "mlu": {backend: "mlu"},
	"dcu": {backend: "dcu"}, "dtk": {backend: "dcu"}, "gcu": {backend: "gcu"}, "corex": {backend: "corex", weak: true},
	"iluvatar": {backend: "corex"}, "mthreads": {backend: "musa"}, "tenstorrent": {backend: "tenstorrent"}, "ttnn": {backend: "tenstorrent"},
	"qaic": {backend: "qaic"}, "hailo": {backend: "hailo"}, "sophon": {backend: "sophon"}, "furiosa": {backend: "furiosa"},
	"zluda": {backend: "zluda"}, "vk": {backend: "vulkan", weak: true}, "mtl": {backend: "metal", weak: true},

	"oldpc": {level: "sse"}, "oldcpu": {level: "sse"}, "nehalem": {level: "sse"}, "sandybridge": {level: "avx"},
	"haswell": {level: "avx2"}, "skylake": {level: "avx2"}, "alderlake": {level: beyondV4}, "zen2": {level: "avx2"},
	"zen3": {level: "avx2"}, "zen4": {level: beyondV4}, "zen5": {level: beyondV4}, "znver4": {level: beyondV4}, "znver5": {level: beyondV4},
	"icelake": {level: beyondV4}, "cascadelake": {level: beyondV4}, "sapphirerapids": {level: beyondV4}, "amx": {level: beyondV4},
	"fma": {level: "avx2"}, "f16c": {level: "avx2"}, "bmi2": {level: "avx2"}, "vnni": {level: beyondV4},
	"baseline": {level: "sse"}, "legacy": {level: "sse", weak: true}, "popcnt": {level: "sse4"},
	"dotprod": {level: "armv8.2"}, "i8mm": {level: "armv8.6"}, "sve": {level: "armv9.0"}, "sve2": {level: "armv9.0"},
	"sme": {level: "armv9.2"},

	"and": {}, "bin": {}, "unknown": {}, "pc": {}, "apple": {}, "portable": {}, "release": {}, "v": {}, "bit": {},
}

func onLinux(distro string) meaning { return meaning{os: "linux", libc: "glibc", distro: distro} }

const (
	anyValue    = "any" // fits every operating system or architecture
	libraryOnly = "libraries alone"
	// beyondV4 is for processors with more than their x86-64 level tells, which builds for one family of them use.
	beyondV4 = "more than x86-64-v4 asks for"
)

// notWorkers are the words of what is published beside workers. One that is soft may also be what the project itself is called.
var notWorkers = []struct {
	rejectReason string
	weak         bool
	words        string
}{
	{libraryOnly, false, "cudart xcframework framework libs headers"},
	{libraryOnly, true, "lib library libraries toolkit sdk devel dev include runtime runtimes redist redistributable deps dependencies dll dlls dylib dylibs capi"},
	{"source code", false, "source sources src"},
	{"vendored source code", true, "vendor vendored"},
	{"a user interface alone", true, "ui webui gui frontend dashboard desktop electron tauri launcher tray"},
	{"debugging symbols, or a build for debugging", false, "debug dbg dbgsym symbols debuginfo debugsource pdb pdbs dsym"},
	{"a build for testing", true, "asan tsan ubsan msan coverage profile profiling instrumented gcov valgrind test tests fuzz bench benchmark benchmarks"},
	{"built for the machine of its builder", true, "native"},
	{"an installer", false, "installer setup install msi appimage deb rpm pkg dmg"},
	{"a package for another installer", true, "snap flatpak homebrew bottle conda chocolatey winget scoop"},
	{"an add-on", true, "addon addons plugin plugins extension extensions backend backends provider providers kernels"},
	{"a client alone", true, "client clients remote"},
	{"an update to what is installed", true, "update updater upgrade patch patches delta"},
	{"documentation", true, "doc docs documentation manpages completions license licenses notices example examples sample samples demo demos"},
	{"checksums", false, "checksums checksum sha256sums shasums sha256"},
	{"a parts list", false, "sbom spdx cyclonedx"},
	{"a signature", false, "signature signatures attestation attestations provenance"},
	{"a model or data", true, "models weights dataset datasets"},
	{"for boards alone", false, "jetpack jetson l4t tegra orin rpi raspberrypi raspbian orangepi raspios pi4 pi5 rk3588 rk3576 rk3566"},
	{"a container or machine image", true, "docker container oci image rootfs initrd iso ova vmdk qcow2 helm chart"},
	{"bindings for a programming language", true,
		"bindings binding python pypi wheel wheels java jvm jni node nodejs npm napi csharp dotnet nuget ruby php swift flutter unity godot"},
}

func init() {
	for _, n := range notWorkers {
		for word := range strings.FieldsSeq(n.words) {
			words[word] = meaning{rejectReason: n.rejectReason, weak: n.weak}
		}
	}
}

// macWords have another sense in the name of a build for macOS alone.
var macWords = map[string]meaning{
	"intel": {arch: "amd64"}, "x86": {arch: "amd64"}, "arm": {arch: "arm64"}, "all": {arch: anyValue}, "fat": {arch: anyValue},
	"m1": {arch: "arm64"}, "m2": {arch: "arm64"}, "m3": {arch: "arm64"}, "m4": {arch: "arm64"},
}

// makers are words that tell the backend where no other word does.
var brandWords = map[string]meaning{
	"nvidia": {backend: "cuda"}, "geforce": {backend: "cuda"}, "rtx": {backend: "cuda"}, "gtx": {backend: "cuda"},
	"nv": {backend: "cuda"}, "radeon": {backend: "rocm"}, "instinct": {backend: "rocm"}, "apu": {backend: "amd"},
	"adreno": {backend: "opencl"}, "ascend": {backend: "cann"}, "gpu": {backend: "gpu"}, "amd": {backend: "amd"},
	"intel": {backend: "intel"}, "arc": {backend: "intel"}, "battlemage": {backend: "intel"}, "alchemist": {backend: "intel"},
	"quadro": {backend: "cuda"}, "tesla": {backend: "cuda"}, "dgx": {backend: "cuda"},
}

// negations turn the sense of the word behind them round.
var negations = map[string]bool{"no": true, "non": true, "not": true, "without": true, "w/o": true}
