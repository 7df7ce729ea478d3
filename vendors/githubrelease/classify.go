package githubrelease

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// packing is how an asset holds its files.
type packing string

const (
	tarball    packing = "tar"
	zipped     packing = "zip"
	executable packing = "executable"
)

// traits is what an asset's name tells of it.
type traits struct {
	name      string
	stem      string // without the ending, in lower case
	pack      packing
	program   string          // the words before the first that has a sense
	os        map[string]bool // usually one
	arch      map[string]bool
	backend   map[string]bool
	backendAt string // version of the backend, such as "12.8", or "13" or ""
	sm        int    // CUDA's compute capability, such as 89; 0 is any
	gfx       string // AMD's processor, where X stands for any digit: "gfx110x"
	libc      string
	level     string
	strange   int    // words that neither this package nor the release's own names explain
	drop      string // why it is no worker at all
}

var (
	smWord     = regexp.MustCompile(`^sm(\d{2,3})[a-z]?$`)
	gfxWord    = regexp.MustCompile(`^gfx[0-9a-fx]{3,4}$`)
	setupWord  = regexp.MustCompile(`(setup|installer)$`)
	tightCUDA  = regexp.MustCompile(`^\d{3}$`) // cuda132 is CUDA 13.2
	wordBounds = regexp.MustCompile(`[^a-z0-9]+`)
)

// vocabulary is what explains words of an asset's name beside their senses.
type vocabulary struct {
	tag      map[string]bool // words of the release's tag
	familiar map[string]bool // those, and the words of the repository and the wanted executable
}

func newVocabulary(repo, tag, binary string) vocabulary {
	return vocabulary{tag: wordSet(tag), familiar: wordSet(repo, tag, binary)}
}

// wordSet are the words of the texts, as a name may hold them.
func wordSet(texts ...string) map[string]bool {
	set := map[string]bool{}
	for _, text := range texts {
		text = strings.ToLower(text)
		for _, word := range append(split(text), wordBounds.Split(text, -1)...) {
			set[word] = true
		}
	}
	return set
}

// classify reads a name.
func classify(name string, v vocabulary) traits {
	lower := strings.ToLower(name)
	t := traits{name: name, os: map[string]bool{}, arch: map[string]bool{}, backend: map[string]bool{}}
	t.stem, t.pack, t.drop = splitEnding(lower)
	if strings.HasSuffix(lower, ".exe") {
		t.os[string(catalog.Windows)] = true
	}
	var leading []string
	inProgram, previous := true, sense{}
	for _, word := range split(t.stem) {
		s, known := t.read(word, previous)
		previous = s
		inProgram = inProgram && !known && (!v.tag[word] || len(leading) == 0)
		if inProgram {
			leading = append(leading, word)
		}
		if !known && !v.familiar[word] {
			t.strange++
		}
	}
	t.program = strings.Join(leading, "-")
	return t
}

// read notes a word's sense. It is false for a word without any.
func (t *traits) read(word string, previous sense) (sense, bool) {
	s, known := words[word]
	number := ""
	if m := wordNumber.FindStringSubmatch(word); m != nil && !known {
		if w, ok := words[m[1]]; ok && (w.backend != "" || w.os != "" || w.drop != "") {
			s, known, number = w, true, m[2]
		}
	}
	switch m := smWord.FindStringSubmatch(word); {
	case m != nil:
		t.sm, _ = strconv.Atoi(m[1])
		return sense{}, true
	case gfxWord.MatchString(word):
		t.gfx = word
		return sense{}, true
	case !known && plainNumber.MatchString(word):
		if previous.backend != "" && t.backendAt == "" {
			t.backendAt = strings.TrimPrefix(word, "v")
		}
		return sense{}, true
	case !known && setupWord.MatchString(word):
		s, known = words["installer"], true
	case !known && foreignArch.MatchString(word):
		s, known = sense{arch: word}, true
	}
	if known {
		t.note(s, number)
	}
	return s, known
}

func (t *traits) note(s sense, number string) {
	mark := func(set map[string]bool, value string) {
		if value != "" {
			set[value] = true
		}
	}
	mark(t.os, s.os)
	mark(t.arch, s.arch)
	mark(t.backend, s.backend)
	if s.backend == "cuda" && tightCUDA.MatchString(number) {
		number = number[:2] + "." + number[2:]
	}
	if s.backend != "" && number != "" {
		t.backendAt = number
	}
	for field, value := range map[*string]string{&t.libc: s.libc, &t.level: s.level} {
		if value != "" {
			*field = value
		}
	}
	if t.drop == "" {
		t.drop = s.drop
	}
}

// backendOf is the backend that a worker type names, such as "cuda" of cuda-llm; none is "cpu".
func backendOf(slug string) string {
	for _, word := range strings.Split(slug, "-") {
		if b := words[word].backend; b != "" {
			return b
		}
	}
	return "cpu"
}

// only reports whether value is all that a set holds.
func only(set map[string]bool, value string) bool { return len(set) == 1 && set[value] }

// listed is a set in words.
func listed(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), " and ")
}
