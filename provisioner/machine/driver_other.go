//go:build !windows

package machine

// windowsDriver tells nothing where there is no registry.
func windowsDriver() Fact { return unknown(Driver, "not on Windows") }
