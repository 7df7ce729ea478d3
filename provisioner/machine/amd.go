package machine

import (
	"fmt"
	"strconv"
	"strings"
)

// kfdNodes has a folder for each processor that the Linux driver amdkfd knows, CPUs included. The names in its files
// are those of struct kfd_node_properties in the kernel's drivers/gpu/drm/amd/amdkfd/kfd_topology.h.
const kfdNodes = "/sys/class/kfd/kfd/topology/nodes"

// amd returns the processor of the largest AMD GPU, by the number of its SIMD units: a small one that is built into a
// CPU is seldom the right one. It also returns the names of all AMD GPUs.
func (f finder) amd() (Fact, []string) {
	nodes := f.list(kfdNodes)
	if nodes == nil {
		return unknown(GFX, "no AMD driver: no "+kfdNodes), nil
	}
	largest, most := unknown(GFX, "no GPU below "+kfdNodes), 0
	var names []string
	for _, node := range nodes {
		file := kfdNodes + "/" + node + "/properties"
		properties := f.properties(file)
		name, units := gfxName(properties["gfx_target_version"]), properties["simd_count"]
		if name == "" || units == 0 {
			continue
		}
		names = append(names, name)
		if units > most {
			largest, most = known(GFX, name, file), units
		}
	}
	return largest, names
}

// properties reads a file whose lines are a name, a space and a number.
func (f finder) properties(file string) map[string]int {
	values := map[string]int{}
	for line := range strings.Lines(f.text(file)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.Atoi(value); err == nil {
			values[name] = n
		}
	}
	return values
}

// gfxName converts a gfx_target_version to the name that compilers use. The version is major*10000 + minor*100 + step
// in decimal; the name has minor and step in hexadecimal: 110000 is gfx1100, 90010 is gfx90a. It returns "" for a CPU,
// whose version is 0.
func gfxName(version int) string {
	major, minor, step := version/10000, version/100%100, version%100
	if major <= 0 || minor > 0xf || step > 0xf {
		return ""
	}
	return fmt.Sprintf("gfx%d%x%x", major, minor, step)
}
