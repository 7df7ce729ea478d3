//go:build !linux && !darwin

package catalog

import "errors"

// exchange would swap two folders in one step, which this platform can't.
func exchange(a, b string) error { return errors.ErrUnsupported }
