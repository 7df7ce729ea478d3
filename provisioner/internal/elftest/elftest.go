// Package elftest makes small executables for tests.
package elftest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// Header returns the header of an ELF executable for a machine type: enough to find out what it was made for.
func Header(machine elf.Machine) []byte {
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{
			0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT),
		},
		Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Ehsize: 64, Phentsize: 56, Shentsize: 64,
	}
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, header) // a Buffer does not fail
	return b.Bytes()
}
