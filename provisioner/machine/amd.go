package machine

import (
	"fmt"
	"strconv"
	"strings"
)

// kfdNodes has a folder for each processor that AMD's driver for computing knows, CPUs too.
const kfdNodes = "/sys/class/kfd/kfd/topology/nodes"

// amd tells the processor of AMD's largest GPU: one that is built into a CPU is seldom the one that is meant. It returns the
// names of all of them too.
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

// properties reads lines of a name and a number.
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

// gfxName is the name that compilers have for a version, whose last four decimal digits are two numbers that the name has in
// hexadecimal: 110000 is gfx1100, 90010 is gfx90a. It is empty for a CPU, which has version 0.
func gfxName(version int) string {
	major, minor, step := version/10000, version/100%100, version%100
	if major <= 0 || minor > 0xf || step > 0xf {
		return ""
	}
	return fmt.Sprintf("gfx%d%x%x", major, minor, step)
}
