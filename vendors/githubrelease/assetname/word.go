package assetname

import "strings"

// meaning is what a word in an asset's name means. The zero meaning is that of a word which says nothing: it does not
// distinguish one build from another.
type meaning struct {
	os, arch, backend, libc string
	distro                  string // a Linux distribution: "ubuntu", or "ubuntu-22.04" for a word that implies the version
	level                   string // what the processor must be able to do, as in levels
	sm                      int    // NVIDIA's compute capability
	gfx                     string // AMD's processor
	isPart                  bool   // of a part of the backend: a number after it is not the backend's version
	rejectReason            string // why no asset with this word is a worker
	weak                    bool   // the meaning does not count if the word is one of the project's own names
}

const (
	anyValue    = "any" // fits every operating system or architecture
	libraryOnly = "libraries alone"
	// beyondV4 is the level of processors with more than x86-64-v4, which builds for one family of them use.
	beyondV4 = "more than x86-64-v4 asks for"
)

// words holds the meaning of each known word: of these, and of the tables below.
var words = map[string]meaning{
	"gnu": {libc: "glibc"}, "glibc": {libc: "glibc"}, "gnueabi": {libc: "glibc", arch: "arm"},
	"gnueabihf": {libc: "glibc", arch: "arm"}, "musl": {libc: "musl"}, "musleabi": {libc: "musl", arch: "arm"},
	"musleabihf": {libc: "musl", arch: "arm"}, "alpine": {os: "linux", libc: "musl"},
	"musllinux": {os: "linux", libc: "musl"}, "mingw64": {os: "windows", arch: "amd64"},
	"mingw32": {os: "windows", arch: "386"},

	"cudnn": {backend: "cuda", isPart: true}, "nccl": {backend: "cuda", isPart: true},
	"gb10": {sm: 121, arch: "arm64"}, "gb200": {sm: 100, arch: "arm64"}, "gb300": {sm: 103, arch: "arm64"},
	"gh200": {sm: 90, arch: "arm64"},
}

// The tables list the words of each meaning. A question mark makes the meaning weak.
var (
	silentWords = map[string]string{
		"": "and apple bin bit pc portable release static unknown v",
	}
	osWords = map[string]string{
		"aix": "aix", "android": "android ndk termux v8a", "cygwin": "cygwin", "dragonfly": "dragonfly",
		"freebsd": "freebsd", "fuchsia": "fuchsia", "haiku": "haiku", "harmonyos": "harmonyos ohos openharmony",
		"illumos": "illumos", "ios": "catalyst ios ipados iphoneos maccatalyst simulator tvos visionos watchos",
		"linux": "linux", "macos": "darwin mac macos macosx osx", "netbsd": "netbsd", "openbsd": "openbsd",
		"openwrt": "openwrt", "plan9": "plan9", "solaris": "solaris sunos", "wasm": "emscripten wasi wasm wasm32",
		"windows": "mingw msvc win windows",
	}
	distroWords = map[string]string{
		"amzn": "amazonlinux amzn", "arch": "archlinux", "debian": "debian", "debian-10": "buster", "debian-11": "bullseye",
		"debian-12": "bookworm", "debian-13": "trixie", "el": "alma almalinux centos el rhel rocky rockylinux",
		"fedora": "fedora", "manylinux": "manylinux", "openeuler": "openeuler", "opensuse": "opensuse", "sles": "sles",
		"ubuntu": "ubuntu", "ubuntu-18.04": "bionic", "ubuntu-20.04": "focal", "ubuntu-22.04": "jammy",
		"ubuntu-24.04": "noble",
	}
	archWords = map[string]string{
		"386": "32bit 386 i386 i486 i586 i686 ia32 x86", "amd64": "64bit amd64 intel64 x64",
		anyValue: "universal universal2", "arm": "arm",
		"arm64": "aarch64 arm64 arm64v8 armv8 grace? graviton sbsa silicon snapdragon", "be": "be", "e2k": "e2k",
		"hppa": "hppa", "ia64": "ia64", "ilp32": "ilp32", "loong64": "loong64 loongarch64", "m68k": "m68k",
		"ppc64le": "powerpc64le ppc64le", "riscv64": "riscv64 riscv64gc rv64 rv64gc", "s390": "s390", "s390x": "s390x",
		"sh4": "sh4", "sw64": "sw64", "x32": "gnux32 x32", "xtensa": "xtensa",
	}
	backendWords = map[string]string{
		"cann": "310p 910b aclgraph cann", "coreml": "coreml", "corex": "corex? iluvatar", "cpu": "cpu cpuonly nogpu",
		"cuda": "cu cublas cuda", "d3d12": "d3d12 dx12", "dcu": "dcu dtk", "directml": "directml dml", "furiosa": "furiosa",
		"gcu": "gcu", "gpu": "multigpu", "hailo": "hailo", "hexagon": "hexagon", "hpu": "gaudi habana hpu",
		"metal": "metal mps mtl?", "mlu": "mlu", "mlx": "mlx", "musa": "mthreads musa",
		"neuron": "inferentia neuron? neuronx trainium", "npu": "npu qnn rknn ryzenai xdna",
		"opencl": "clblas clblast ocl opencl", "openvino": "openvino", "qaic": "qaic", "rocm": "hip hipblas migraphx rocm",
		"rpc": "rpc", "sophon": "sophon", "sycl": "ipex levelzero oneapi sycl xpu", "tensorrt": "tensorrt trt trtllm",
		"tenstorrent": "tenstorrent ttnn", "tpu": "tpu", "virtgpu": "virtgpu", "vulkan": "kompute vk? vulkan",
		"webgpu": "webgpu", "zdnn": "zdnn", "zluda": "zluda",
	}
	levelWords = map[string]string{
		"armv8.2": "dotprod", "armv8.6": "i8mm", "armv9.0": "sve sve2", "armv9.2": "sme", "avx": "sandybridge",
		"avx2":   "bmi2 f16c fma haswell skylake zen2 zen3",
		beyondV4: "alderlake amx cascadelake icelake sapphirerapids vnni zen4 zen5 znver4 znver5",
		"sse":    "baseline legacy? nehalem oldcpu oldpc", "sse4": "popcnt",
	}
	// notWorkers are the words of what is published beside workers, by the reason to reject it.
	notWorkers = map[string]string{
		libraryOnly: "cudart xcframework framework libs headers lib? library? libraries? toolkit? sdk? devel? dev? " +
			"include? runtime? runtimes? redist? redistributable? deps? dependencies? dll? dlls? dylib? dylibs? capi?",
		"source code":          "source sources src",
		"vendored source code": "vendor? vendored?",
		"a user interface alone": "ui? webui? gui? frontend? dashboard? " +
			"desktop? electron? tauri? launcher? tray?",
		"debugging symbols, or a build for debugging": "debug dbg dbgsym symbols debuginfo debugsource pdb pdbs dsym",
		"a build for testing": "asan? tsan? ubsan? msan? coverage? profile? profiling? instrumented? gcov? valgrind? test? " +
			"tests? fuzz? bench? benchmark? benchmarks?",
		"built for the machine of its builder": "native?",
		"an installer":                         "installer setup install msi appimage deb rpm pkg dmg",
		"a package for another installer":      "snap? flatpak? homebrew? bottle? conda? chocolatey? winget? scoop?",
		"an add-on": "addon? addons? plugin? plugins? extension? extensions? backend? backends? provider? providers? " +
			"kernels?",
		"a client alone":                 "client? clients? remote?",
		"an update to what is installed": "update? updater? upgrade? patch? patches? delta?",
		"documentation": "doc? docs? documentation? manpages? completions? license? licenses? notices? example? examples? " +
			"sample? samples? demo? demos?",
		"checksums":       "checksums checksum sha256sums shasums sha256",
		"a parts list":    "sbom spdx cyclonedx",
		"a signature":     "signature signatures attestation attestations provenance",
		"a model or data": "models? weights? dataset? datasets?",
		"for boards alone": "jetpack jetson l4t tegra orin rpi raspberrypi raspbian orangepi raspios pi4 pi5 rk3588 rk3576 " +
			"rk3566",
		"a container or machine image": "docker? container? oci? image? rootfs? initrd? iso? ova? vmdk? qcow2? helm? " +
			"chart?",
		"bindings for a programming language": "bindings? binding? python? pypi? wheel? wheels? java? jvm? jni? node? " +
			"nodejs? npm? napi? csharp? dotnet? nuget? ruby? php? swift? flutter? unity? godot?",
	}
)

func init() {
	addWords(silentWords, func(string) meaning { return meaning{} })
	addWords(osWords, func(os string) meaning { return meaning{os: os} })
	addWords(distroWords, func(distro string) meaning { return meaning{os: "linux", libc: "glibc", distro: distro} })
	addWords(archWords, func(arch string) meaning { return meaning{arch: arch} })
	addWords(backendWords, func(backend string) meaning { return meaning{backend: backend} })
	addWords(levelWords, func(level string) meaning { return meaning{level: level} })
	addWords(smWords, func(sm int) meaning { return meaning{sm: sm} })
	addWords(gfxWords, func(gfx string) meaning { return meaning{gfx: gfx} })
	addWords(notWorkers, func(reason string) meaning { return meaning{rejectReason: reason} })
}

// addWords adds the words of a table.
func addWords[K comparable](table map[K]string, meaningOf func(K) meaning) {
	for key, text := range table {
		for word := range strings.FieldsSeq(text) {
			word, isWeak := strings.CutSuffix(word, "?")
			m := meaningOf(key)
			m.weak = isWeak
			words[word] = m
		}
	}
}

// macWords have another meaning in the name of a build for macOS alone.
var macWords = map[string]meaning{
	"intel": {arch: "amd64"}, "x86": {arch: "amd64"}, "arm": {arch: "arm64"}, "all": {arch: anyValue},
	"fat": {arch: anyValue},
	"m1":  {arch: "arm64"}, "m2": {arch: "arm64"}, "m3": {arch: "arm64"}, "m4": {arch: "arm64"},
}

// brandWords imply a backend if no other word names one.
var brandWords = map[string]meaning{
	"nvidia": {backend: "cuda"}, "geforce": {backend: "cuda"}, "rtx": {backend: "cuda"}, "gtx": {backend: "cuda"},
	"nv": {backend: "cuda"}, "radeon": {backend: "rocm"}, "instinct": {backend: "rocm"}, "apu": {backend: "amd"},
	"adreno": {backend: "opencl"}, "ascend": {backend: "cann"}, "gpu": {backend: "gpu"}, "amd": {backend: "amd"},
	"intel": {backend: "intel"}, "arc": {backend: "intel"}, "battlemage": {backend: "intel"},
	"alchemist": {backend: "intel"},
	"quadro":    {backend: "cuda"}, "tesla": {backend: "cuda"}, "dgx": {backend: "cuda"},
}

// negations invert the meaning of the next word.
var negations = map[string]bool{"no": true, "non": true, "not": true, "without": true, "w/o": true}
