package githubrelease

import (
	"regexp"
	"strings"

	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// reader goes through a name word by word.
type reader struct {
	*traits
	vocabulary
	previous string
	sensed   sense    // of the word that the numbers stand behind
	numbers  []string // behind it
	leading  []string
	inside   bool     // behind the leading words
	later    []string // words that are understood when all others are
	weakArch string   // of a word such as win32, which may as well mean all of Windows
}

func (r *reader) read(word string) {
	defer func() { r.previous = word }()
	if plainNumber().MatchString(word) && words[word] == (sense{}) {
		r.readNumber(word)
		return
	}
	r.flush()
	_, isLater := macWords[word]
	_, isMaker := makers[word]
	if isLater || isMaker {
		r.inside, r.later = true, append(r.later, word)
		return
	}
	s, number, known := r.look(word)
	r.lead(word, known)
	if known {
		r.note(s)
		r.sensed = s
		if number != "" {
			r.numbers = []string{number}
		}
		return
	}
	r.wonder(word)
}

// lead collects the words before the first that has a sense or tells the release.
func (r *reader) lead(word string, known bool) {
	if known || r.tag[word] && len(r.leading) > 0 {
		r.inside = true
	}
	if !r.inside {
		r.leading = append(r.leading, word)
	}
}

// wonder notes a word without a sense.
func (r *reader) wonder(word string) {
	r.isNamed = r.isNamed || !r.tag[word] || r.project[word] // tags such as tool-v1.2.0 hold the project's name
	r.isOwn = r.isOwn || r.project[word]
	if !r.familiar[word] {
		r.strange = append(r.strange, word)
	}
}

// readNumber keeps a number for the word before it. Two may belong together: cuda-12-4, manylinux_2_28.
func (r *reader) readNumber(word string) {
	r.inside = r.inside || len(r.leading) > 0
	switch {
	case words[r.previous].arch == "amd64" && word != r.release && levels["x86-64-"+word] > 0:
		r.level = "x86-64-" + word
	case len(r.numbers) == 0, len(r.numbers) == 1 && len(word) <= 2 && len(r.numbers[0]) <= 2 && bareNumber().MatchString(word):
		r.numbers = append(r.numbers, word)
	}
}

// look finds a word's sense, and the number that it carries.
func (r *reader) look(word string) (s sense, number string, known bool) {
	s, known = words[word]
	m := wordNumber().FindStringSubmatch(word)
	switch {
	case known:
	case word == "bit" && (r.previous == "32" || r.previous == "64"):
		s, known = words[r.previous+"bit"], true
	case word == r.wanted:
		s, known = sense{backend: word}, true
	case negatedBackend(word):
		s, known = sense{backend: "cpu"}, true
	case r.isLibrary(word):
		s, known = sense{drop: libraryOnly}, true
	case m != nil && carriesNumber(words[m[1]]):
		s, known, number = words[m[1]], true, m[2]
	default:
		s, known = lookPattern(word)
	}
	if !known && !r.own[word] && hiddenBackend().MatchString(word) {
		s, known = sense{backend: word}, true
	}
	if negations[r.previous] {
		s = s.negated()
	}
	if s.soft && r.own[word] {
		r.isNamed, r.isOwn = true, r.isOwn || r.project[word]
		return sense{}, "", true
	}
	return s, number, known
}

func carriesNumber(s sense) bool {
	return s.backend != "" || s.os != "" || s.drop != "" || s.libc == "glibc"
}

// negatedBackend reports whether a word is one such as nocuda, which tells of a build for the processor.
func negatedBackend(word string) bool {
	rest, ok := strings.CutPrefix(word, "no")
	return ok && (words[rest].backend != "" || makers[rest].backend != "")
}

// isLibrary reports whether a word is one such as libtorch, which no word of the project's is.
func (r *reader) isLibrary(word string) bool {
	rest, ok := strings.CutPrefix(word, "lib")
	return ok && len(rest) > 1 && !strings.HasPrefix(rest, "re") && !r.own[word]
}

func (s sense) negated() sense {
	switch {
	case s.backend != "":
		return sense{backend: "cpu"}
	case s.level != "":
		return sense{level: "sse"}
	case s.drop != "":
		return sense{}
	default:
		return s
	}
}

var patterns = []struct {
	word  func() *regexp.Regexp
	sense func(match []string) sense
}{
	{smWord, smSense},
	{geForce, geForceSense},
	{otherGPU, otherGPUSense},
	{intelGPU, func([]string) sense { return sense{backend: "intel", soft: true} }},
	{lazyregexp.New(`^gfx[0-9a-fx]{2,4}$`), func(m []string) sense { return sense{gfx: m[0]} }},
	{lazyregexp.New(`^sse4`), func([]string) sense { return sense{level: "sse4"} }},
	{lazyregexp.New(`^noavx|^s?sse\d?$`), func([]string) sense { return sense{level: "sse"} }},
	{lazyregexp.New(`^avx(512|_|-)?(vnni|bf16|fp16|vbmi|ifma)`), func([]string) sense { return sense{level: beyondV4} }},
	{lazyregexp.New(`^avx512`), func([]string) sense { return sense{level: "avx512"} }},
	{lazyregexp.New(`^avx2`), func([]string) sense { return sense{level: "avx2"} }},
	{lazyregexp.New(`^avx`), func([]string) sense { return sense{level: "avx"} }},
	{armLevel, func(m []string) sense { return sense{arch: "arm64", level: "armv" + m[1]} }},
	{lazyregexp.New(`(setup|installer)$`), func([]string) sense { return words["installer"] }},
	{lazyregexp.New(`^(cp|py)3\d*$`), func([]string) sense { return sense{drop: "a Python package"} }},
	{lazyregexp.New(`^(arm(v\d.*|hf|el|eb|eabi.*|64.+|32.*)|aarch.*|mips.*|ppc.*|powerpc.*|riscv.*|sparc.*|loong.*)$`),
		func(m []string) sense { return sense{arch: m[0]} }},
}

// hiddenBackend is in words such as cuda12x and withgpu. Whatever they tell, theirs is no plain build.
var hiddenBackend = lazyregexp.New(`cuda|cublas|rocm|hipblas|vulkan|opencl|openvino|directml|tensorrt|gpu|^cu1\d`)

var armLevel = lazyregexp.New(`^armv([89]\.\d)$`)

func lookPattern(word string) (sense, bool) {
	for _, p := range patterns {
		if m := p.word().FindStringSubmatch(word); m != nil {
			return p.sense(m), true
		}
	}
	return sense{}, false
}
