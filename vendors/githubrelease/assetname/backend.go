package assetname

import (
	"cmp"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// firstWord returns the word of a worker type that names its backend: "cuda" of cuda-llm.
func firstWord(worker catalog.WorkerType) string {
	first, _, _ := strings.Cut(string(worker), "-")
	return first
}

// backendOf returns the backend that a worker type needs: "cuda" for cuda-llm, "rocm" for hip-llm. An unknown word is a
// backend of its own, so that no worker type gets a build for another backend.
func backendOf(worker catalog.WorkerType) string {
	first := firstWord(worker)
	return cmp.Or(words[first].backend, brandWords[first].backend, first)
}

// backendIn returns the GPU backend in the name of a repository or release; empty if there is none.
func backendIn(repo, tag string) string {
	_, name, _ := strings.Cut(repo, "/")
	for _, word := range split(strings.ToLower(name + " " + tag)) {
		m := words[word]
		if number := wordNumber().FindStringSubmatch(word); m == (meaning{}) && number != nil { // cu124
			m = words[number[1]]
		}
		if m.backend != "" && m.backend != "cpu" && !m.weak { // a weak word only hints at a backend
			return m.backend
		}
	}
	return ""
}

// impliedBackend returns the backend that a GPU target in the name (sm_89, gfx1100) implies; empty without one.
func (info *assetInfo) impliedBackend() string {
	switch {
	case info.sm > 0:
		return "cuda"
	case info.gfx != "":
		return "rocm"
	default:
		return ""
	}
}
