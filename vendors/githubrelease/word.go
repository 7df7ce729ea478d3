package githubrelease

import (
	"regexp"
	"strings"
)

// sense is what a word in an asset's name means.
type sense struct {
	os, arch, backend, libc string
	level                   string // processor level that the build asks for
	drop                    string // why no asset with this word is a worker
}

// words gives each known word its sense. The zero sense is a word that says nothing, and does not tell one build from another.
var words = map[string]sense{
	"linux": {os: "linux"}, "gnu": {libc: "glibc"}, "glibc": {libc: "glibc"}, "musl": {libc: "musl"}, "static": {},
	"ubuntu": {os: "linux", libc: "glibc"}, "debian": {os: "linux", libc: "glibc"}, "fedora": {os: "linux", libc: "glibc"},
	"manylinux": {os: "linux", libc: "glibc"}, "rhel": {os: "linux", libc: "glibc"}, "alpine": {os: "linux", libc: "musl"},
	"windows": {os: "windows"}, "win": {os: "windows"}, "win64": {os: "windows", arch: "amd64"},
	"win32": {os: "windows", arch: "386"}, "msvc": {os: "windows"}, "mingw": {os: "windows"},
	"darwin": {os: "macos"}, "macos": {os: "macos"}, "mac": {os: "macos"}, "osx": {os: "macos"},
	"android": {os: "android"}, "ios": {os: "ios"}, "freebsd": {os: "freebsd"}, "openbsd": {os: "openbsd"},
	"netbsd": {os: "netbsd"}, "wasm": {os: "wasm"}, "wasi": {os: "wasm"},

	"amd64": {arch: "amd64"}, "x64": {arch: "amd64"}, "arm64": {arch: "arm64"}, "aarch64": {arch: "arm64"},
	"386": {arch: "386"}, "i386": {arch: "386"}, "i686": {arch: "386"}, "x86": {arch: "386"}, "arm": {arch: "arm"},
	"arm64v8": {arch: "arm64"}, "armv8": {arch: "arm64"}, "riscv64": {arch: "riscv64"}, "64bit": {arch: "amd64"},
	"32bit": {arch: "386"}, "linux32": {os: "linux", arch: "386"}, "intel": {arch: "amd64"}, "silicon": {arch: "arm64"},
	"s390x": {arch: "s390x"}, "ppc64le": {arch: "ppc64le"}, "loong64": {arch: "loong64"}, "loongarch64": {arch: "loong64"},
	"universal": {arch: anyValue}, "universal2": {arch: anyValue},

	"cpu": {backend: "cpu"}, "nocuda": {backend: "cpu"}, "nogpu": {backend: "cpu"},
	"cuda": {backend: "cuda"}, "cublas": {backend: "cuda"}, "cu": {backend: "cuda"}, "metal": {backend: "metal"},
	"rocm": {backend: "rocm"}, "hip": {backend: "rocm"}, "hipblas": {backend: "rocm"}, "vulkan": {backend: "vulkan"},
	"sycl": {backend: "sycl"}, "opencl": {backend: "opencl"}, "clblast": {backend: "opencl"},
	"openvino": {backend: "openvino"}, "cann": {backend: "cann"}, "musa": {backend: "musa"}, "mlx": {backend: "mlx"},
	"directml": {backend: "directml"}, "webgpu": {backend: "webgpu"}, "tpu": {backend: "tpu"}, "npu": {backend: "npu"},
	"gpu": {backend: "gpu"}, "kompute": {backend: "vulkan"}, "hexagon": {backend: "hexagon"},
	"nvidia": {backend: "cuda"}, "tensorrt": {backend: "tensorrt"}, "radeon": {backend: "rocm"}, "adreno": {backend: "opencl"},
	"ascend": {backend: "cann"}, "qnn": {backend: "npu"}, "rknn": {backend: "npu"},

	"noavx": {level: "sse"}, "oldpc": {level: "sse"}, "sse4": {level: "sse"}, "avx": {level: "avx"},
	"avx2": {level: "avx2"}, "avx512": {level: "avx512"}, "armv8.0": {level: "armv8.0"},

	"xcframework": {drop: "a library for app developers"}, "framework": {drop: "a library for app developers"},
	"cudart": {drop: libraryOnly}, "lib": {drop: libraryOnly}, "libs": {drop: libraryOnly}, "headers": {drop: libraryOnly},
	"sdk": {drop: libraryOnly}, "devel": {drop: libraryOnly}, "source": {drop: "source code"}, "src": {drop: "source code"},
	"ui": {drop: "a user interface alone"}, "webui": {drop: "a user interface alone"},
	"debug": {drop: "debugging symbols"}, "symbols": {drop: "debugging symbols"}, "debuginfo": {drop: "debugging symbols"},
	"pdb": {drop: "debugging symbols"}, "installer": {drop: "an installer"}, "setup": {drop: "an installer"},
	"addon": {drop: "an add-on"}, "plugin": {drop: "an add-on"}, "checksums": {drop: "checksums"}, "sbom": {drop: "a parts list"},
	"jetpack": {drop: "for Jetson boards alone"}, "jetson": {drop: "for Jetson boards alone"}, "docker": {drop: "a container image"},

	"bin": {}, "unknown": {}, "pc": {}, "apple": {}, "portable": {}, "release": {}, "v": {},
}

const (
	anyValue    = "any" // fits every operating system or architecture
	libraryOnly = "libraries alone"
)

// endings gives the meaning of a name's ending: how it is packed, or why it is no worker. The longest that fits counts.
var endings = map[string]struct {
	pack packing
	drop string
}{
	".tar.gz": {pack: tarball}, ".tgz": {pack: tarball}, ".tar.zst": {pack: tarball}, ".tar.xz": {pack: tarball},
	".txz": {pack: tarball}, ".tar.bz2": {pack: tarball}, ".tbz2": {pack: tarball}, ".tar": {pack: tarball},
	".zip": {pack: zipped}, ".exe": {pack: executable},
	".dmg": {drop: "an installer"}, ".pkg": {drop: "an installer"}, ".msi": {drop: "an installer"}, ".deb": {drop: "an installer"},
	".rpm": {drop: "an installer"}, ".apk": {drop: "an installer"}, ".msix": {drop: "an installer"},
	".flatpak": {drop: "an installer"}, ".snap": {drop: "an installer"}, ".whl": {drop: "a Python package"},
	".sha256": {drop: "checksums"}, ".sha256sum": {drop: "checksums"}, ".sha512": {drop: "checksums"}, ".md5": {drop: "checksums"},
	".sig": {drop: "a signature"}, ".asc": {drop: "a signature"}, ".minisig": {drop: "a signature"}, ".pem": {drop: "a signature"},
	".sigstore": {drop: "a signature"}, ".sigstore.json": {drop: "a signature"}, ".intoto.jsonl": {drop: "an attestation"},
	".spdx.json": {drop: "a parts list"}, ".cdx.json": {drop: "a parts list"}, ".sbom.json": {drop: "a parts list"},
	".gz": {pack: executable}, ".xz": {pack: executable}, ".zst": {pack: executable}, ".bz2": {pack: executable},
	".7z": {drop: "packed in a way that is not supported"},
}

// program is what is known of a program whose names say less than its builds hold.
type program struct {
	metal   bool              // its builds for Apple silicon use Metal
	cuda    []string          // platforms (os/arch) whose plain build uses CUDA
	cudaAt  map[string]string // the version of CUDA that it is built with, by the processor level that its name tells
	os      string            // the operating system of a packed name that tells none
	raw     string            // operating systems and architectures of a plain executable whose name tells none
	macArch string            // the architecture of a build for macOS whose name tells none
	addOns  string            // backends whose builds are additions to the plain one, without the executable
}

var programs = map[string]program{
	"llama": {metal: true},
	"sd":    {metal: true},
	"koboldcpp": {
		metal: true, cuda: []string{"linux/amd64", "windows/amd64"}, cudaAt: map[string]string{"": "12", "sse": "11"},
	},
	"ollama":    {metal: true, cuda: []string{"linux/amd64", "linux/arm64", "windows/amd64"}, macArch: anyValue, addOns: "rocm mlx"},
	"llamafile": {metal: true, cuda: []string{"linux/amd64", "windows/amd64"}, raw: anyValue},
	"whisper":   {os: "windows"},
}

var (
	archWords = strings.NewReplacer(
		"x86_64_v3", "amd64-avx2", "x86_64-v3", "amd64-avx2", "x86-64-v3", "amd64-avx2", "amd64v3", "amd64-avx2",
		"x86_64_v4", "amd64-avx512", "x86_64-v4", "amd64-avx512", "x86-64-v4", "amd64-avx512", "amd64v4", "amd64-avx512",
		"x86_64", "amd64", "x86-64", "amd64", "amd64v1", "amd64", "amd64v2", "amd64", "v8_0", "armv8.0",
	)
	foreignArch = regexp.MustCompile(`^(arm|aarch|mips|ppc|powerpc|riscv|sparc|loong)`)
	separators  = regexp.MustCompile(`[-_ +()~@]+`)
	wordNumber  = regexp.MustCompile(`^([a-z]+?)(\d+(?:\.\d+)*)$`)
	plainNumber = regexp.MustCompile(`^v?\d+(\.\d+)*$`)
	extension   = regexp.MustCompile(`\.[a-z][a-z0-9]{0,11}$`)
)

// splitEnding cuts the packing off a name in lower case. What ends otherwise is an executable, if its last dot begins no
// extension.
func splitEnding(name string) (stem string, pack packing, drop string) {
	for i := range name {
		if e, ok := endings[name[i:]]; ok && i > 0 {
			return name[:i], e.pack, e.drop
		}
	}
	if ext := extension.FindString(name); ext != "" && words[ext[1:]].arch == "" {
		return strings.TrimSuffix(name, ext), executable, "not a program"
	}
	return name, executable, ""
}

// split cuts a stem in lower case into words; a dot between digits stays.
func split(stem string) []string {
	var all []string
	for _, word := range separators.Split(archWords.Replace(stem), -1) {
		switch {
		case word == "":
		case words[word] != sense{} || plainNumber.MatchString(word) || wordNumber.MatchString(word):
			all = append(all, word)
		default:
			all = append(all, strings.FieldsFunc(word, func(r rune) bool { return r == '.' })...)
		}
	}
	return all
}
