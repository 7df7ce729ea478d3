package executable

import (
	"debug/macho"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/rbee-keeper/provision/catalog"
)

// Load commands that tell the oldest macOS that an executable is for, and the platform that macOS is to the newer one
// of them.
const (
	loadVersionMin   = 0x24
	loadBuildVersion = 0x32
	platformMacOS    = 1
)

// minimumMacOS is the oldest macOS that a Mach-O executable for an architecture says it is for; empty if it is none, or
// says nothing.
func minimumMacOS(f io.ReaderAt, arch catalog.Arch) string {
	if m, err := macho.NewFile(f); err == nil {
		return minimumOf(m)
	}
	fat, err := macho.NewFatFile(f)
	if err != nil {
		return ""
	}
	for _, a := range fat.Arches {
		if machoCPUs[a.Cpu] == arch {
			return minimumOf(a.File)
		}
	}
	return ""
}

func minimumOf(m *macho.File) string {
	for _, l := range m.Loads {
		raw := l.Raw()
		if len(raw) < 16 {
			continue
		}
		switch m.ByteOrder.Uint32(raw) {
		case loadVersionMin:
			return packedVersion(m.ByteOrder, raw[8:])
		case loadBuildVersion:
			if m.ByteOrder.Uint32(raw[8:]) == platformMacOS {
				return packedVersion(m.ByteOrder, raw[12:])
			}
		}
	}
	return ""
}

// packedVersion reads a version whose last two numbers have a byte each.
func packedVersion(order binary.ByteOrder, raw []byte) string {
	v := order.Uint32(raw)
	return fmt.Sprintf("%d.%d", v>>16, v>>8&0xff)
}
