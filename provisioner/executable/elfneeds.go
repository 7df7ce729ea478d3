package executable

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// Limits of what is read from an ELF file. Real files stay far below.
const (
	maxTable = 64 << 10 // bytes of a table or note
	maxName  = 256      // bytes
	maxNeeds = 1000     // entries of a table
)

// x86Levels maps the names in provisioner.Host.CPU to levels.
var x86Levels = map[string]int{"x86-64-v1": 1, "x86-64-v2": 2, "x86-64-v3": 3, "x86-64-v4": 4}

// interpreterOf returns the loader that an executable names; empty if it is linked statically.
func interpreterOf(e *elf.File) string {
	return strings.TrimRight(string(segment(e, elf.PT_INTERP)), "\x00")
}

// segment reads the first segment of a type.
func segment(e *elf.File, t elf.ProgType) []byte {
	for _, p := range e.Progs {
		if p.Type == t {
			data, _ := io.ReadAll(io.LimitReader(p.Open(), maxTable))
			return data
		}
	}
	return nil
}

// glibcOf returns the newest version of glibc whose symbols an object requires; empty if it requires none.
func glibcOf(e *elf.File) string {
	var newest catalog.Version
	for _, need := range versionsNeeded(e) {
		name, isGlibc := strings.CutPrefix(need, "GLIBC_")
		version, err := catalog.ParseVersion(name) // not so for GLIBC_PRIVATE and the like
		if isGlibc && err == nil && version.Compare(newest) > 0 {
			newest = version
		}
	}
	return strings.TrimSuffix(newest.String(), ".0") // glibc has two numbers
}

// versionsNeeded lists the symbol versions that an object requires, without the weak ones. debug/elf reads every symbol
// for that, and does not report which versions are weak.
func versionsNeeded(e *elf.File) (versions []string) {
	data, names := table(e, elf.SHT_GNU_VERNEED)
	left := maxNeeds
	for library, more := 0, true; more && library+16 <= len(data); {
		need := library + int(e.ByteOrder.Uint32(data[library+8:]))
		for more := true; more && need+16 <= len(data) && left > 0; left-- {
			if flags := elf.DynamicVersionFlag(e.ByteOrder.Uint16(data[need+4:])); flags&elf.VER_FLG_WEAK == 0 {
				versions = append(versions, nameAt(names, e.ByteOrder.Uint32(data[need+8:])))
			}
			next := int(e.ByteOrder.Uint32(data[need+12:]))
			need, more = need+next, next > 0
		}
		next := int(e.ByteOrder.Uint32(data[library+12:]))
		library, more = library+next, next > 0
	}
	return versions
}

// librariesNeeded lists the names of the libraries that an object loads at its start (DT_NEEDED).
func librariesNeeded(e *elf.File) (libraries []string) {
	if e.Class != elf.ELFCLASS64 {
		return nil
	}
	data, names := table(e, elf.SHT_DYNAMIC)
	for ; len(data) >= 16 && len(libraries) < maxNeeds; data = data[16:] {
		if elf.DynTag(e.ByteOrder.Uint64(data)) == elf.DT_NEEDED {
			libraries = append(libraries, nameAt(names, uint32(e.ByteOrder.Uint64(data[8:]))))
		}
	}
	return libraries
}

// table reads the first section of a type, and finds the one that has its names. There is none that is compressed: no
// linker makes it so.
func table(e *elf.File, t elf.SectionType) (data []byte, names *elf.Section) {
	s := e.SectionByType(t)
	if s == nil || s.ReaderAt == nil || int(s.Link) >= len(e.Sections) {
		return nil, nil
	}
	data, _ = io.ReadAll(io.NewSectionReader(s, 0, maxTable))
	return data, e.Sections[s.Link]
}

// nameAt reads the name at an offset of a table of names; empty if it is none.
func nameAt(names *elf.Section, offset uint32) string {
	if names.ReaderAt == nil {
		return ""
	}
	name := make([]byte, maxName)
	n, _ := names.ReadAt(name, int64(offset))
	name, _, found := bytes.Cut(name[:n], []byte{0})
	if !found {
		return ""
	}
	return string(name)
}

// What the x86-64 psABI calls them: a note of properties, and the property whose bits are the levels that an object
// needs. The loader of glibc refuses an object that needs more than there is.
const (
	propertyNote  = 5
	x86ISANeeded  = 0xc0008002
	propertyAlign = 8
)

// x86LevelOf is the level of processor that an object says it needs; 0 if it says nothing.
func x86LevelOf(e *elf.File) int {
	if e.Machine != elf.EM_X86_64 || e.Class != elf.ELFCLASS64 {
		return 0
	}
	note := segment(e, elf.PT_GNU_PROPERTY)
	if len(note) < 16 || string(note[12:16]) != "GNU\x00" || binary.LittleEndian.Uint32(note[8:]) != propertyNote {
		return 0
	}
	for rest := note[16:]; len(rest) >= 12; {
		kind, size := binary.LittleEndian.Uint32(rest), uint64(binary.LittleEndian.Uint32(rest[4:]))
		if kind == x86ISANeeded && size == 4 {
			return highestLevel(binary.LittleEndian.Uint32(rest[8:]))
		}
		next := 8 + (size+propertyAlign-1)/propertyAlign*propertyAlign
		if next > uint64(len(rest)) {
			return 0
		}
		rest = rest[next:]
	}
	return 0
}

// highestLevel reads one bit for each level, the first for level 1.
func highestLevel(bits uint32) int {
	for level := 4; level > 0; level-- {
		if bits&(1<<(level-1)) != 0 {
			return level
		}
	}
	return 0
}
