//go:build !linux && !darwin

package files

import "errors"

// Exchange would swap two folders in one step, which this platform can't.
func Exchange(a, b string) error { return errors.ErrUnsupported }
