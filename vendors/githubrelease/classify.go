package githubrelease

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// traits is what an asset's name tells of it.
type traits struct {
	name      string
	stem      string // without the ending, in lower case
	pack      packing
	program   string          // the words before the first that has a sense
	os        map[string]bool // usually one
	osAt      string          // version of macOS that it was built for or on, such as "14"
	arch      map[string]bool
	backend   map[string]bool
	backendAt string // version of the backend, such as "12.8", or "13" or ""
	sm        int    // CUDA's compute capability, such as 89; 0 is any
	gfx       string // AMD's processor, where x stands for any digit: "gfx110x"
	libc      string
	glibc     string // oldest version of glibc that it runs with, as far as its distribution tells
	distro    string // such as "ubuntu-22.04"
	level     string
	words     map[string]bool
	strange   []string // words that neither this package nor the release's own names explain, sorted
	isNamed   bool     // some word says which program it is
	drop      string   // why it is no worker at all
}

// vocabulary is what explains words of an asset's name beside their senses.
type vocabulary struct {
	release  string          // its tag in lower case
	wanted   string          // the first word of the worker's type, which may be a backend that no one here knows
	tag      map[string]bool // words of the release's tag
	own      map[string]bool // those, the repository's owner, and the words of its name and of the wanted executable
	familiar map[string]bool // those, and the words of the repository's owner
}

func newVocabulary(repo, tag, binary, wanted string) vocabulary {
	owner, name, _ := strings.Cut(repo, "/")
	v := vocabulary{release: strings.ToLower(tag), wanted: wanted, tag: wordSet(tag), own: wordSet(name, tag, binary),
		familiar: wordSet(repo, tag, binary)}
	v.own[strings.ToLower(owner)] = true // as a whole: the owner acme-sdk publishes more than SDKs
	return v
}

var wordBounds = regexp.MustCompile(`[^a-z0-9]+`)

// wordSet are the words of the texts, as a name may hold them.
func wordSet(texts ...string) map[string]bool {
	set := map[string]bool{}
	for _, text := range texts {
		text = strings.ToLower(text)
		for _, word := range append(split(text), wordBounds.Split(text, -1)...) {
			set[word] = true
			if plainNumber.MatchString(word) {
				set[strings.TrimPrefix(word, "v")] = true
			}
		}
	}
	return set
}

// classify reads a name.
func classify(name string, v vocabulary) traits {
	lower := strings.ToLower(name)
	t := traits{name: name, os: map[string]bool{}, arch: map[string]bool{}, backend: map[string]bool{}, words: map[string]bool{}}
	t.stem, t.pack, t.drop = splitEnding(lower)
	if strings.HasSuffix(lower, ".exe") {
		t.os[string(catalog.Windows)] = true
	}
	r := reader{traits: &t, vocabulary: v}
	for _, word := range split(t.stem) {
		t.words[word] = true
		r.read(word)
	}
	r.finish()
	return t
}

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
	if plainNumber.MatchString(word) && words[word] == (sense{}) {
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
	r.isNamed = r.isNamed || !r.tag[word]
	if !r.familiar[word] {
		r.strange = append(r.strange, word)
	}
}

// readNumber keeps a number for the word before it. Two may belong together: cuda-12-4, manylinux_2_28.
func (r *reader) readNumber(word string) {
	r.inside = r.inside || len(r.leading) > 0
	switch {
	case r.previous == "amd64" && word != r.release && levels["x86-64-"+word] > 0:
		r.level = "x86-64-" + word
	case len(r.numbers) == 0, len(r.numbers) == 1 && len(word) <= 2 && len(r.numbers[0]) <= 2 && bareNumber.MatchString(word):
		r.numbers = append(r.numbers, word)
	}
}

// look finds a word's sense, and the number that it carries.
func (r *reader) look(word string) (s sense, number string, known bool) {
	s, known = words[word]
	m := wordNumber.FindStringSubmatch(word)
	switch {
	case known:
	case word == "bit" && (r.previous == "32" || r.previous == "64"):
		s, known = words[r.previous+"bit"], true
	case word == r.wanted:
		s, known = sense{backend: word}, true
	case negatedBackend(word):
		s, known = sense{backend: "cpu"}, true
	case m != nil && carriesNumber(words[m[1]]):
		s, known, number = words[m[1]], true, m[2]
	default:
		s, known = lookPattern(word)
	}
	if negations[r.previous] {
		s = s.negated()
	}
	if s.soft && r.own[word] {
		r.isNamed = true
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

func (s sense) negated() sense {
	switch {
	case s.backend != "":
		return sense{backend: "cpu"}
	case s.level != "":
		return sense{level: "sse"}
	default:
		return s
	}
}

var patterns = []struct {
	word  *regexp.Regexp
	sense func(match []string) sense
}{
	{regexp.MustCompile(`^sm(\d{2,3})[a-z]?$`), func(m []string) sense { sm, _ := strconv.Atoi(m[1]); return sense{sm: sm} }},
	{regexp.MustCompile(`^gfx[0-9a-fx]{2,4}$`), func(m []string) sense { return sense{gfx: m[0]} }},
	{regexp.MustCompile(`^sse4`), func([]string) sense { return sense{level: "sse4"} }},
	{regexp.MustCompile(`^noavx|^s?sse\d?$`), func([]string) sense { return sense{level: "sse"} }},
	{regexp.MustCompile(`^avx512`), func([]string) sense { return sense{level: "avx512"} }},
	{regexp.MustCompile(`^avx2`), func([]string) sense { return sense{level: "avx2"} }},
	{regexp.MustCompile(`^avx`), func([]string) sense { return sense{level: "avx"} }},
	{armLevel, func(m []string) sense { return sense{arch: "arm64", level: "armv" + m[1]} }},
	{regexp.MustCompile(`(setup|installer)$`), func([]string) sense { return words["installer"] }},
	{regexp.MustCompile(`^(cp|py)3\d*$`), func([]string) sense { return sense{drop: "a Python package"} }},
	{regexp.MustCompile(`^(arm(v\d.*|hf|el|eb|eabi.*|64.+|32.*)|aarch.*|mips.*|ppc.*|powerpc.*|riscv.*|sparc.*|loong.*)$`),
		func(m []string) sense { return sense{arch: m[0]} }},
}

var armLevel = regexp.MustCompile(`^armv([89]\.\d)$`)

func lookPattern(word string) (sense, bool) {
	for _, p := range patterns {
		if m := p.word.FindStringSubmatch(word); m != nil {
			return p.sense(m), true
		}
	}
	return sense{}, false
}

func (t *traits) note(s sense) {
	for value, set := range map[string]map[string]bool{s.os: t.os, s.arch: t.arch, s.backend: t.backend} {
		if value != "" {
			set[value] = true
		}
	}
	for field, value := range map[*string]string{&t.libc: s.libc, &t.level: s.level, &t.gfx: s.gfx} {
		if value != "" {
			*field = value
		}
	}
	if s.distro != "" {
		t.noteDistro(s.distro, "")
	}
	if s.sm > 0 {
		t.sm = s.sm
	}
	if t.drop == "" {
		t.drop = s.drop
	}
}

// only reports whether value is all that a set holds.
func only(set map[string]bool, value string) bool { return len(set) == 1 && set[value] }

// listed is a set in words.
func listed(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), " and ")
}
