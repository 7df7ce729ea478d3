package assetname

import (
	"maps"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// assetInfo is the meaning of an asset's name.
type assetInfo struct {
	name           string
	stem           string // without the ending, in lower case
	pack           packing
	program        string          // the words before the first one that has a meaning
	os             map[string]bool // usually one
	osVersion      string          // version of macOS that it was built for or on, such as "14"
	arch           map[string]bool
	backend        map[string]bool
	backendVersion string // such as "12.8" or "13"; empty if the name has none
	sm             int    // CUDA's compute capability, such as 89; 0 is any
	gfx            string // AMD's processor, where x stands for any digit, as in "gfx110x"; or the name of another GPU
	libc           string
	glibc          string // the oldest version of glibc that it runs with, derived from its distribution
	distro         string // such as "ubuntu-22.04"
	level          string
	words          map[string]bool
	unknown        []string // words that neither this package nor the release's own names explain, sorted
	isNamed        bool     // some word names a program
	isProject      bool     // and it is a word of the project's name
	rejectReason   string   // why it is not a worker for any machine
}

// vocabulary holds the words of a release that have no meaning of their own in an asset's name.
type vocabulary struct {
	release      string          // its tag in lower case
	workerWord   string          // the first word of the worker's type, which may be a backend that is not in words
	tag          map[string]bool // words of the release's tag
	project      map[string]bool // words of the repository's name
	projectNames map[string]bool // project, tag, the words of the wanted executable, and the whole name of the owner
	knownNames   map[string]bool // project, tag, and the words of the wanted executable and of the owner
}

func newVocabulary(c Criteria) vocabulary {
	owner, name, _ := strings.Cut(c.Repo, "/")
	v := vocabulary{
		release: strings.ToLower(c.Tag), workerWord: firstWord(c.Worker), tag: wordSet(c.Tag), project: wordSet(name),
		projectNames: wordSet(name, c.Tag, c.Binary), knownNames: wordSet(c.Repo, c.Tag, c.Binary),
	}
	v.projectNames[strings.ToLower(owner)] = true // as a whole: the owner acme-sdk publishes more than SDKs
	return v
}

var wordBounds = lazyregexp.New(`[^a-z0-9]+`)

// wordSet returns the words of the texts, cut as an asset's name is cut, and at every sign too.
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

// classify reads the meaning of a name.
func classify(name string, v vocabulary) assetInfo {
	lower := strings.ToLower(name)
	info := assetInfo{name: name, os: map[string]bool{}, arch: map[string]bool{}, backend: map[string]bool{},
		words: map[string]bool{}}
	info.stem, info.pack, info.rejectReason = splitEnding(lower)
	if strings.HasSuffix(lower, ".exe") {
		info.os[string(catalog.Windows)] = true
	}
	r := reader{assetInfo: &info, vocabulary: v}
	for _, word := range split(info.stem) {
		info.words[word] = true
		r.read(word)
	}
	r.finish()
	return info
}

// add takes over what a word means. The first reason to reject counts, and the highest level; otherwise the last word.
func (info *assetInfo) add(s meaning) {
	for value, set := range map[string]map[string]bool{s.os: info.os, s.arch: info.arch, s.backend: info.backend} {
		if value != "" {
			set[value] = true
		}
	}
	if levels[s.level] > levels[info.level] {
		info.level = s.level
	}
	for field, value := range map[*string]string{&info.libc: s.libc, &info.gfx: s.gfx} {
		if value != "" {
			*field = value
		}
	}
	if s.distro != "" {
		info.noteDistro(s.distro, "")
	}
	if s.sm > 0 {
		info.sm = s.sm
	}
	if info.rejectReason == "" {
		info.rejectReason = s.rejectReason
	}
}

// isOnly reports whether value is the only member of a set.
func isOnly(set map[string]bool, value string) bool { return len(set) == 1 && set[value] }

// joinSet writes a set for a message, sorted.
func joinSet(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), " and ")
}
