package githubrelease

import (
	"maps"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
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
	gfx       string // AMD's processor, where x stands for any digit: "gfx110x"; or the name of a GPU of which no more is known
	libc      string
	glibc     string // oldest version of glibc that it runs with, as far as its distribution tells
	distro    string // such as "ubuntu-22.04"
	level     string
	words     map[string]bool
	strange   []string // words that neither this package nor the release's own names explain, sorted
	isNamed   bool     // some word says which program it is
	isOwn     bool     // and it is one of the project's name
	drop      string   // why it is no worker at all
}

// vocabulary is what explains words of an asset's name beside their senses.
type vocabulary struct {
	release  string          // its tag in lower case
	wanted   string          // the first word of the worker's type, which may be a backend that no one here knows
	tag      map[string]bool // words of the release's tag
	project  map[string]bool // words of the repository's name
	own      map[string]bool // those, the repository's owner, and the words of its name and of the wanted executable
	familiar map[string]bool // those, and the words of the repository's owner
}

func newVocabulary(repo, tag, binary, wanted string) vocabulary {
	owner, name, _ := strings.Cut(repo, "/")
	v := vocabulary{release: strings.ToLower(tag), wanted: wanted, tag: wordSet(tag), project: wordSet(name), own: wordSet(name, tag, binary),
		familiar: wordSet(repo, tag, binary)}
	v.own[strings.ToLower(owner)] = true // as a whole: the owner acme-sdk publishes more than SDKs
	return v
}

var wordBounds = lazyregexp.New(`[^a-z0-9]+`)

// wordSet are the words of the texts, as a name may hold them.
func wordSet(texts ...string) map[string]bool {
	set := map[string]bool{}
	for _, text := range texts {
		text = strings.ToLower(text)
		for _, word := range append(split(text), wordBounds().Split(text, -1)...) {
			set[word] = true
			if plainNumber().MatchString(word) {
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

func (t *traits) note(s sense) {
	for value, set := range map[string]map[string]bool{s.os: t.os, s.arch: t.arch, s.backend: t.backend} {
		if value != "" {
			set[value] = true
		}
	}
	if levels[s.level] > levels[t.level] { // of several levels the highest counts
		t.level = s.level
	}
	for field, value := range map[*string]string{&t.libc: s.libc, &t.gfx: s.gfx} {
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
