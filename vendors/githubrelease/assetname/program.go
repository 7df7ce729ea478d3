package assetname

import "slices"

// program is what is known of a program whose names say less than its builds hold.
type program struct {
	metal        bool              // its builds for Apple silicon use Metal
	cuda         []string          // platforms (os/arch) whose plain build uses CUDA
	cudaVersions map[string]string // the version of CUDA that it is built with, by the processor level that its name tells
	os           string            // the operating system of a packed name that tells none
	raw          string            // operating systems and architectures of a plain executable whose name tells none
	macArch      string            // the architecture of a build for macOS whose name tells none
	addOns       string            // backends whose builds are additions to the plain one, without the executable
}

// programs are few on purpose: what a name tells is read from its words.
var programs = map[string]program{
	"llama": {metal: true},
	"sd":    {metal: true},
	"koboldcpp": {
		metal: true, cuda: []string{"linux/amd64", "windows/amd64"}, cudaVersions: map[string]string{"": "12", "sse": "11"},
	},
	"ollama":    {metal: true, cuda: []string{"linux/amd64", "linux/arm64", "windows/amd64"}, macArch: anyValue, addOns: "rocm mlx"},
	"llamafile": {metal: true, cuda: []string{"linux/amd64", "windows/amd64"}, raw: anyValue},
	"whisper":   {os: "windows"},
}

// isProgram reports whether an asset is a program by name, if perhaps packed in a way that is no use here.
func (info assetInfo) isProgram() bool {
	return info.isNamed && (info.rejectReason == "" || info.rejectReason == unsupportedPacking)
}

// isWanted reports whether a name has all words of the wanted executable's.
func (m matcher) hasBinaryWords(info assetInfo) bool {
	return len(m.binary) > 0 && !slices.ContainsFunc(m.binary, func(word string) bool { return !info.words[word] })
}

// fitProgram refuses what goes by another name than the project, where the project's own is there for the same machine, with
// whatever backend: a CUDA build of something else is no CUDA build of the worker.
func (m matcher) matchProgram(f *match) string {
	if f.isProject || m.hasBinaryWords(f.assetInfo) {
		return ""
	}
	for _, other := range m.all {
		if other.isProject && other.rejectReason == "" && isOnly(other.os, m.os) && (isOnly(other.arch, m.arch) || other.arch[anyValue]) {
			return "another program than " + other.name
		}
	}
	return ""
}
