package machine

import (
	"fmt"

	"github.com/klauspost/cpuid/v2"
)

// cpu tells what the processor can do, as far as the operating system lets programs use it.
func cpu() Fact {
	const source = "the processor"
	if level := cpuid.CPU.X64Level(); level > 0 {
		return known(CPU, fmt.Sprintf("x86-64-v%d", level), source)
	}
	if major, minor := cpuid.CPU.ARM64Level(); major > 0 {
		return known(CPU, fmt.Sprintf("armv%d.%d", major, minor), source)
	}
	return unknown(CPU, "the processor does not tell")
}
