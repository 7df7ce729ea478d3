package provisioner

import (
	"reflect"
	"slices"
)

// Host holds the facts of the machine that a worker is for. An empty field is unknown, and an unknown fact never
// rejects a release. The tag of a field is its key in the wire protocol and on the command line (`--host KEY=VALUE`).
//
// Package machine finds the facts of this machine.
type Host struct {
	// Libc is the C library that the machine's own programs use: "glibc" or "musl".
	Libc string `fact:"libc" json:"libc,omitempty"`
	// Glibc and Musl are versions, such as "2.36" and "1.2.5".
	Glibc string `fact:"glibc" json:"glibc,omitempty"`
	Musl  string `fact:"musl" json:"musl,omitempty"`
	// Loaders are the paths of the program interpreters that the machine has, separated by spaces.
	Loaders string `fact:"loaders" json:"loaders,omitempty"`
	// CPU is what the processor can do: "x86-64-v1" to "x86-64-v4", or for example "armv8.2".
	CPU string `fact:"cpu" json:"cpu,omitempty"`
	// Driver is the version of NVIDIA's driver, such as "580.65.06".
	Driver string `fact:"driver" json:"driver,omitempty"`
	// CUDA is the newest version of CUDA that the driver runs, such as "13.0".
	CUDA string `fact:"cuda" json:"cuda,omitempty"`
	// SM is the lowest CUDA compute capability of the NVIDIA GPUs, such as "89".
	SM string `fact:"sm" json:"sm,omitempty"`
	// GFX is the processor of the largest AMD GPU, such as "gfx1100".
	GFX string `fact:"gfx" json:"gfx,omitempty"`
	// GPUs are the names of the GPUs, separated by commas.
	GPUs string `fact:"gpus" json:"gpus,omitempty"`
	// MacOS is the version of macOS, such as "15.1".
	MacOS string `fact:"macos" json:"macos,omitempty"`
	// Distro is the Linux distribution and its version, such as "ubuntu-24.04".
	Distro string `fact:"distro" json:"distro,omitempty"`
}

// HostKeys lists the keys of the facts, in the order of the fields of Host.
func HostKeys() []string {
	fields := reflect.TypeFor[Host]()
	keys := make([]string, fields.NumField())
	for i := range keys {
		keys[i] = fields.Field(i).Tag.Get("fact")
	}
	return keys
}

// HostOf returns the Host with these facts. It ignores keys that it does not know: a newer program may send more.
func HostOf(facts map[string]string) (h Host) {
	value := reflect.ValueOf(&h).Elem()
	for i, key := range HostKeys() {
		value.Field(i).SetString(facts[key])
	}
	return h
}

// Facts returns the known facts by their keys.
func (h Host) Facts() map[string]string {
	facts := map[string]string{}
	value := reflect.ValueOf(h)
	for i, key := range HostKeys() {
		if fact := value.Field(i).String(); fact != "" {
			facts[key] = fact
		}
	}
	return facts
}

// Only returns a copy of h with nothing but the facts under these keys.
func (h Host) Only(keys ...string) Host {
	facts := h.Facts()
	for key := range facts {
		if !slices.Contains(keys, key) {
			delete(facts, key)
		}
	}
	return HostOf(facts)
}
