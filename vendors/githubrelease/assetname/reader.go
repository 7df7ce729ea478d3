package assetname

import (
	"regexp"
	"strings"

	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// reader reads a name word by word. A number belongs to the word before it, so that both are kept until the next word.
type reader struct {
	*assetInfo
	vocabulary
	previous    string
	lastMeaning meaning  // of the word before the numbers
	numbers     []string // after that word
	leading     []string
	pastLeading bool     // a word with a meaning was read; the leading words end before it
	deferred    []string // words whose meaning depends on all others
	weakArch    string   // of a word like win32, which may also mean Windows on any architecture
}

func (r *reader) read(word string) {
	defer func() { r.previous = word }()
	if plainNumber().MatchString(word) && words[word] == (meaning{}) {
		r.readNumber(word)
		return
	}
	r.flush()
	_, isMacWord := macWords[word]
	_, isBrand := brandWords[word]
	if isMacWord || isBrand {
		r.pastLeading, r.deferred = true, append(r.deferred, word)
		return
	}
	s, number, known := r.lookUp(word)
	r.noteLeading(word, known)
	if known {
		r.add(s)
		r.lastMeaning = s
		if number != "" {
			r.numbers = []string{number}
		}
		return
	}
	r.noteUnknown(word)
}

// noteLeading collects the words before the first one that has a meaning or belongs to the release's tag.
func (r *reader) noteLeading(word string, known bool) {
	if known || r.tag[word] && len(r.leading) > 0 {
		r.pastLeading = true
	}
	if !r.pastLeading {
		r.leading = append(r.leading, word)
	}
}

// noteUnknown notes a word without a meaning.
func (r *reader) noteUnknown(word string) {
	r.isNamed = r.isNamed || !r.tag[word] || r.project[word] // tags such as tool-v1.2.0 hold the project's name
	r.isProject = r.isProject || r.project[word]
	if !r.knownNames[word] {
		r.unknown = append(r.unknown, word)
	}
}

// readNumber keeps a number for the word before it. Two may belong together: cuda-12-4, manylinux_2_28.
func (r *reader) readNumber(word string) {
	r.pastLeading = r.pastLeading || len(r.leading) > 0
	switch {
	case words[r.previous].arch == "amd64" && word != r.release && levels["x86-64-"+word] > 0:
		r.level = "x86-64-" + word
	case len(r.numbers) == 0, len(r.numbers) == 1 && len(word) <= 2 && len(r.numbers[0]) <= 2 &&
		bareNumber().MatchString(word):
		r.numbers = append(r.numbers, word)
	}
}

// lookUp finds a word's meaning, and the number that it ends with.
func (r *reader) lookUp(word string) (s meaning, number string, known bool) {
	s, known = words[word]
	m := wordNumber().FindStringSubmatch(word)
	switch {
	case known:
	case word == "bit" && (r.previous == "32" || r.previous == "64"):
		s, known = words[r.previous+"bit"], true
	case word == r.workerWord:
		s, known = meaning{backend: word}, true
	case negatedBackend(word):
		s, known = meaning{backend: "cpu"}, true
	case r.isLibrary(word):
		s, known = meaning{rejectReason: libraryOnly}, true
	case m != nil && carriesNumber(words[m[1]]):
		s, known, number = words[m[1]], true, m[2]
	default:
		s, known = lookUpPattern(word)
	}
	if !known && !r.projectNames[word] && hiddenBackend().MatchString(word) {
		s, known = meaning{backend: word}, true
	}
	if negations[r.previous] {
		s = s.negated()
	}
	if s.weak && r.projectNames[word] {
		r.isNamed, r.isProject = true, r.isProject || r.project[word]
		return meaning{}, "", true
	}
	return s, number, known
}

func carriesNumber(s meaning) bool {
	return s.backend != "" || s.os != "" || s.rejectReason != "" || s.libc == "glibc"
}

// negatedBackend reports whether a word is like nocuda, which means a build for the processor.
func negatedBackend(word string) bool {
	rest, ok := strings.CutPrefix(word, "no")
	return ok && (words[rest].backend != "" || brandWords[rest].backend != "")
}

// isLibrary reports whether a word is like libtorch, and is not one of the project's names.
func (r *reader) isLibrary(word string) bool {
	rest, ok := strings.CutPrefix(word, "lib")
	return ok && len(rest) > 1 && !strings.HasPrefix(rest, "re") && !r.projectNames[word]
}

func (s meaning) negated() meaning {
	switch {
	case s.backend != "":
		return meaning{backend: "cpu"}
	case s.level != "":
		return meaning{level: "sse"}
	case s.rejectReason != "":
		return meaning{}
	default:
		return s
	}
}

// patterns give meanings to words that are not in the tables. The first that matches counts.
var patterns = []struct {
	word    func() *regexp.Regexp
	meaning func(match []string) meaning
}{
	{smWord, smMeaning},
	{geForce, geForceMeaning},
	{otherGPU, otherGPUMeaning},
	{intelGPU, func([]string) meaning { return meaning{backend: "intel", weak: true} }},
	{lazyregexp.New(`^gfx[0-9a-fx]{2,4}$`), func(m []string) meaning { return meaning{gfx: m[0]} }},
	{lazyregexp.New(`^sse4`), func([]string) meaning { return meaning{level: "sse4"} }},
	{lazyregexp.New(`^noavx|^s?sse\d?$`), func([]string) meaning { return meaning{level: "sse"} }},
	{lazyregexp.New(`^avx(512|_|-)?(vnni|bf16|fp16|vbmi|ifma)`),
		func([]string) meaning { return meaning{level: beyondV4} }},
	{lazyregexp.New(`^avx512`), func([]string) meaning { return meaning{level: "avx512"} }},
	{lazyregexp.New(`^avx2`), func([]string) meaning { return meaning{level: "avx2"} }},
	{lazyregexp.New(`^avx`), func([]string) meaning { return meaning{level: "avx"} }},
	{armLevel, func(m []string) meaning { return meaning{arch: "arm64", level: "armv" + m[1]} }},
	{lazyregexp.New(`(setup|installer)$`), func([]string) meaning { return words["installer"] }},
	{lazyregexp.New(`^(cp|py)3\d*$`), func([]string) meaning { return meaning{rejectReason: "a Python package"} }},
	{lazyregexp.New(`^(arm(v\d.*|hf|el|eb|eabi.*|64.+|32.*)|aarch.*|mips.*|ppc.*|powerpc.*|riscv.*|sparc.*|loong.*)$`),
		func(m []string) meaning { return meaning{arch: m[0]} }},
}

// hiddenBackend matches words like cuda12x and withgpu. A build with one is not a plain build.
var hiddenBackend = lazyregexp.New(`cuda|cublas|rocm|hipblas|vulkan|opencl|openvino|directml|tensorrt|gpu|^cu1\d`)

var armLevel = lazyregexp.New(`^armv([89]\.\d)$`)

func lookUpPattern(word string) (meaning, bool) {
	for _, p := range patterns {
		if m := p.word().FindStringSubmatch(word); m != nil {
			return p.meaning(m), true
		}
	}
	return meaning{}, false
}
