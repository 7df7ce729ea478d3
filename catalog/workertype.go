package catalog

import (
	"fmt"
	"strings"

	"github.com/rbee-keeper/provision/catalog/internal/record"
)

// WorkerType names what a worker runs on and what it serves, as a slug: "cpu-llm", "cuda-llm", "metal-llm", or any
// other.
type WorkerType string

// The worker types that the Rust hive knows.
const (
	CpuLlm   WorkerType = "cpu-llm"
	CudaLlm  WorkerType = "cuda-llm"
	MetalLlm WorkerType = "metal-llm"
)

const (
	idInfix       = "-worker-rbee"
	maxSlugLength = 64
)

// recordNames gives the spelling in a record of the types that the Rust hive knows; any other type is written as its
// slug.
var recordNames = map[WorkerType]string{CpuLlm: "CpuLlm", CudaLlm: "CudaLlm", MetalLlm: "MetalLlm"}

// typeAliases are the other names of a type, in lower case; "rocm" stands in the Rust hive's later records.
var typeAliases = map[string]WorkerType{
	"cpu": CpuLlm, "cpullm": CpuLlm,
	"cuda": CudaLlm, "cudallm": CudaLlm,
	"metal": MetalLlm, "metalllm": MetalLlm,
	"rocm": "rocm-llm",
}

// ParseWorkerType reads a type: a slug, or one of the aliases "cpu", "CpuLlm" and "cpu-llm-worker-rbee" (likewise for
// the other types).
func ParseWorkerType(s string) (WorkerType, error) {
	if t, ok := typeAliases[strings.ToLower(s)]; ok {
		return t, nil
	}
	t := WorkerType(strings.TrimSuffix(s, idInfix))
	if !t.Valid() {
		return "", fmt.Errorf("malformed worker type %q: use a slug such as cpu-llm, cuda-llm or metal-llm", s)
	}
	return t, nil
}

// Valid reports whether t is a slug that an ID can carry: lower-case words joined by single hyphens, at most 64 bytes.
func (t WorkerType) Valid() bool {
	return len(t) <= maxSlugLength && isSlug(string(t)) && !strings.Contains(string(t), idInfix)
}

// isSlug reports whether s is ^[a-z][a-z0-9]*(-[a-z0-9]+)*$. It is asked for every folder of a catalog.
func isSlug(s string) bool {
	last := byte('-') // what comes next begins a word
	for i := range len(s) {
		isLetter, isDigit := 'a' <= s[i] && s[i] <= 'z', '0' <= s[i] && s[i] <= '9'
		if !isLetter && (i == 0 || !isDigit && (s[i] != '-' || last == '-')) {
			return false
		}
		last = s[i]
	}
	return last != '-'
}

// String is the slug.
func (t WorkerType) String() string { return string(t) }

// BinaryName is the name that the Rust hive gives the executable of a type, without a platform's suffix:
// "cpu-llm-worker-rbee".
func (t WorkerType) BinaryName() string { return string(t) + idInfix }

// RunsOn reports whether workers of type t can exist for p: metal-llm is for macos alone.
func (t WorkerType) RunsOn(p Platform) bool { return t != MetalLlm || p == MacOS }

// recordName is the spelling of a record.
func (t WorkerType) recordName() string {
	if name, ok := recordNames[t]; ok {
		return name
	}
	return string(t)
}

// UnmarshalJSON reads any spelling that ParseWorkerType does. It is written as the slug, but in a record.
func (t *WorkerType) UnmarshalJSON(data []byte) error {
	s, err := record.Unquote(data)
	if err != nil {
		return err
	}
	parsed, err := ParseWorkerType(s)
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}
