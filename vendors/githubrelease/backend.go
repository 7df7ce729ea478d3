package githubrelease

import (
	"cmp"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// backendOf is the backend that a type of worker asks for.
func backendOf(worker catalog.WorkerType) string {
	first := firstWord(worker)
	return cmp.Or(words[first].backend, makers[first].backend, first)
}

// backendIn is the backend that a repository or a release is named after; empty is none, or the processor.
func backendIn(repo, tag string) string {
	_, name, _ := strings.Cut(repo, "/")
	for _, word := range split(strings.ToLower(name + " " + tag)) {
		s := words[word]
		if m := wordNumber().FindStringSubmatch(word); s == (sense{}) && m != nil { // cu124
			s = words[m[1]]
		}
		if s.backend != "" && s.backend != "cpu" && !s.soft {
			return s.backend
		}
	}
	return ""
}

// impliedBackend is the only one that runs on the GPU that a name tells.
func (t *traits) impliedBackend() string {
	switch {
	case t.sm > 0:
		return "cuda"
	case t.gfx != "":
		return "rocm"
	default:
		return ""
	}
}
