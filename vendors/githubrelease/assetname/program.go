package assetname

import "slices"

// program describes a program whose builds hold more than their names say.
type program struct {
	metal        bool              // its builds for Apple silicon use Metal
	cuda         []string          // platforms (os/arch) whose plain build uses CUDA
	cudaVersions map[string]string // the version of CUDA that it is built with, by the level in its name
	os           string            // of an archive whose name holds no operating system
	raw          string            // anyValue: a bare executable runs on every operating system and architecture
	macArch      string            // of a build for macOS whose name holds no architecture
	addOns       string            // backends whose builds are additions to the plain one, without the executable
}

// programs are few on purpose: names are understood by their words.
var programs = map[string]program{
	"llama": {metal: true},
	"sd":    {metal: true},
	"koboldcpp": {
		metal: true, cuda: []string{"linux/amd64", "windows/amd64"}, cudaVersions: map[string]string{"": "12", "sse": "11"},
	},
	"ollama": {metal: true, cuda: []string{"linux/amd64", "linux/arm64", "windows/amd64"}, macArch: anyValue,
		addOns: "rocm mlx"},
	"llamafile": {metal: true, cuda: []string{"linux/amd64", "windows/amd64"}, raw: anyValue},
	"whisper":   {os: "windows"},
}

// isProgram reports whether an asset is a program by its name, even if it is packed in a way that is not supported.
func (info assetInfo) isProgram() bool {
	return info.isNamed && (info.rejectReason == "" || info.rejectReason == unsupportedPacking)
}

// hasBinaryWords reports whether a name has all words of the wanted executable's name.
func (m matcher) hasBinaryWords(info assetInfo) bool {
	return len(m.binary) > 0 && !slices.ContainsFunc(m.binary, func(word string) bool { return !info.words[word] })
}

// matchProgram rejects a program that is not named after the project if one that is exists for the same machine, with
// any backend: a CUDA build of another program is not a CUDA build of the worker.
func (m matcher) matchProgram(f *match) string {
	if f.isProject || m.hasBinaryWords(f.assetInfo) {
		return ""
	}
	for _, other := range m.all {
		if other.isProject && other.rejectReason == "" && isOnly(other.os, m.os) &&
			(isOnly(other.arch, m.arch) || other.arch[anyValue]) {
			return "another program than " + other.name
		}
	}
	return ""
}
