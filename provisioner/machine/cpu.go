package machine

import (
	"fmt"

	"github.com/klauspost/cpuid/v2"
)

// cpu returns the level of the processor's instruction set that the operating system lets programs use: x86-64-v1 to
// v4 as the x86-64 psABI defines them, or the version of the Arm architecture. Its source is the processor itself
// (CPUID).
func cpu() Fact {
	const source = "the processor"
	if level := cpuid.CPU.X64Level(); level > 0 {
		return known(CPU, fmt.Sprintf("x86-64-v%d", level), source)
	}
	if major, minor := cpuid.CPU.ARM64Level(); major > 0 {
		return known(CPU, fmt.Sprintf("armv%d.%d", major, minor), source)
	}
	return unknown(CPU, "the processor does not report it")
}
