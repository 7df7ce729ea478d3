package machine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
)

// The keys of facts.
const (
	Libc    = "libc"    // "glibc" or "musl": the one that this machine's own programs use
	Glibc   = "glibc"   // its version, such as "2.36"
	Musl    = "musl"    // its version, such as "1.2.5"
	Loaders = "loaders" // paths of the program interpreters that are there, separated by spaces
	CPU     = "cpu"     // what the processor can do: "x86-64-v1" to "x86-64-v4", or such as "armv8.2"
	Driver  = "driver"  // version of NVIDIA's driver, such as "580.65.06"
	CUDA    = "cuda"    // newest version of CUDA that the driver runs, such as "13.0"
	SM      = "sm"      // CUDA's compute capability, such as "89"; the lowest of the GPUs
	GFX     = "gfx"     // AMD's processor, such as "gfx1100"; that of the largest GPU
	GPUs    = "gpus"    // names of the GPUs, separated by commas
	MacOS   = "macos"   // version of macOS, such as "15.1"
	Distro  = "distro"  // distribution of Linux and its version, such as "ubuntu-24.04"
)

var keys = provisioner.HostKeys()

// Fact is one fact of this machine, or the reason why it is unknown.
type Fact struct {
	Key    string `json:"key"`
	Value  string `json:"value"`  // empty is unknown
	Source string `json:"source"` // where it was read, or why it is unknown
}

func known(key, value, source string) Fact { return Fact{key, value, source} }

func unknown(key, why string) Fact { return Fact{Key: key, Source: why} }

// Facts are all facts that this kind of machine can have, in the order of Keys. Facts that only other operating
// systems have are missing.
type Facts []Fact

// Host returns the known facts.
func (f Facts) Host() provisioner.Host {
	values := map[string]string{}
	for _, fact := range f {
		if fact.Value != "" {
			values[fact.Key] = fact.Value
		}
	}
	return provisioner.HostOf(values)
}

// Override returns f with the values that a user gives in place of those found. An empty value makes a fact unknown.
// Facts that depend on a replaced fact are replaced too. It returns an error for an unknown key.
func (f Facts) Override(given map[string]string) (Facts, error) {
	replaced := consequences(given)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(keys, key) {
			return nil, fmt.Errorf("unknown fact %q of the machine: use %s", key, strings.Join(keys, ", "))
		}
		replaced[key] = known(key, given[key], "given")
	}
	var facts Facts
	for _, key := range keys {
		if fact, ok := replaced[key]; ok {
			facts = append(facts, fact)
		} else if i := slices.IndexFunc(f, func(fact Fact) bool { return fact.Key == key }); i >= 0 {
			facts = append(facts, f[i])
		}
	}
	return facts, nil
}

// consequences returns the facts that depend on the given ones: another C library has another version, and another
// driver runs another CUDA.
func consequences(given map[string]string) map[string]Fact {
	replaced := map[string]Fact{}
	if _, ok := given[Libc]; ok {
		for _, key := range []string{Glibc, Musl, Loaders} {
			replaced[key] = unknown(key, "libc is given")
		}
	}
	if driver, ok := given[Driver]; ok {
		replaced[CUDA] = cudaOf(driver)
	}
	return replaced
}
