package sandbox

import (
	"errors"
	"fmt"
)

// Mode tells what to do where the system can't limit a process.
type Mode string

// The modes.
const (
	Off     Mode = "off"     // limit nothing; what the zero Rules mean too
	Auto    Mode = "auto"    // limit what the system can, and tell the rest
	Require Mode = "require" // start nothing that can't be limited as the Rules say
)

// Modes lists the modes.
var Modes = []string{string(Off), string(Auto), string(Require)}

// ParseMode reads one of Modes.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case Off, Auto, Require:
		return m, nil
	default:
		return "", fmt.Errorf("unknown sandbox mode %q: want off, auto or require", s)
	}
}

// Rules are what a process and all that it starts may do. Paths are absolute; what does not exist when the process is
// started grants nothing.
type Rules struct {
	Mode Mode
	// Write lists its own files and folders, that it may write to, with all that is below them. Such a thing may be
	// read too.
	Write []string
	// ExtraWrite lists paths outside its own folders that it may write to in the same way. A Report names them.
	ExtraWrite []string
	// Read lists what else it may read and execute; nil does not limit reading.
	Read []string
	// Ports are the TCP ports that it may connect to; none at all if it is empty. It may listen on none.
	Ports []uint16
	// NeedsRename is set if it must move files from one folder to another, as git and compilers do.
	NeedsRename bool
}

// ErrUnavailable is the cause of an error of Start where the Rules require what the system can't do.
var ErrUnavailable = errors.New("the sandbox can't be had")

// MaxFileSize is the size in bytes that a file which a limited process writes may have.
const MaxFileSize = 64 << 30
