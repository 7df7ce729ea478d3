//go:build !windows

package machine

// windowsDriver returns an unknown driver, because only Windows has a registry.
func windowsDriver() Fact { return unknown(Driver, "not on Windows") }
