package executable

import (
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// apeMagic is the beginning of an Actually Portable Executable: one file that runs on every supported platform.
const apeMagic = "MZqFpD="

var (
	elfMachines = map[elf.Machine]catalog.Arch{
		elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm", elf.EM_RISCV: "riscv64",
		elf.EM_S390: "s390x", elf.EM_PPC64: "ppc64le", elf.EM_LOONGARCH: "loong64",
	}
	machoCPUs  = map[macho.Cpu]catalog.Arch{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}
	peMachines = map[uint16]catalog.Arch{
		pe.IMAGE_FILE_MACHINE_AMD64: "amd64", pe.IMAGE_FILE_MACHINE_ARM64: "arm64", pe.IMAGE_FILE_MACHINE_I386: "386",
	}
)

// Check reads the header of an ELF, Mach-O or PE file and returns an error of kind BadPayload unless it was made
// for the platform and architecture. A script passes on the platforms that can run one.
func Check(root *os.Root, name string, platform catalog.Platform, arch catalog.Arch) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var magic [8]byte
	if _, err := io.ReadFull(f, magic[:]); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if string(magic[:len(apeMagic)]) == apeMagic || string(magic[:2]) == "#!" && platform != catalog.Windows {
		return nil
	}
	b := inspect(f)
	switch {
	case b.platform == "":
		return provisioner.Errorf(provisioner.BadPayload, "%s is not an executable of a known format: it begins with %q",
			name, magic)
	case b.kind != "":
		return provisioner.Errorf(provisioner.BadPayload, "%s is %s, not an executable", name, b.kind)
	case b.platform != platform || !slices.Contains(b.archs, arch):
		return provisioner.Errorf(provisioner.BadPayload, "%s is for %s, not for %s/%s", name, targets(b.platform, b.archs),
			platform, arch)
	default:
		return nil
	}
}

// targets names what an executable was made for: "macos/amd64 and macos/arm64".
func targets(platform catalog.Platform, archs []catalog.Arch) string {
	names := make([]string, len(archs))
	for i, arch := range archs {
		names[i] = platform.String() + "/" + arch.String()
		if arch == "" {
			names[i] = platform.String() + " on an unknown processor"
		}
	}
	return strings.Join(names, " and ")
}

// machineCode is what the header of an executable, library or object file contains.
type machineCode struct {
	platform catalog.Platform // empty if the format is unknown
	archs    []catalog.Arch   // an empty one is an unknown processor
	kind     string           // what it is instead of an executable, such as "a library"; empty for an executable
}

// inspect reads a header.
func inspect(f io.ReaderAt) machineCode {
	if e, err := elf.NewFile(f); err == nil {
		return machineCode{catalog.Linux, []catalog.Arch{elfMachines[e.Machine]}, elfKind(e)}
	}
	if m, err := macho.NewFile(f); err == nil {
		return machineCode{catalog.MacOS, []catalog.Arch{machoCPUs[m.Cpu]}, machoKind(m.Type)}
	}
	if fat, err := macho.NewFatFile(f); err == nil {
		b := machineCode{platform: catalog.MacOS}
		for _, a := range fat.Arches {
			b.archs, b.kind = append(b.archs, machoCPUs[a.Cpu]), machoKind(a.Type)
		}
		return b
	}
	if p, err := pe.NewFile(f); err == nil {
		return machineCode{catalog.Windows, []catalog.Arch{peMachines[p.Machine]}, peKind(p.Characteristics)}
	}
	return machineCode{}
}

// What a compiler makes besides executables.
const (
	aLibrary    = "a library"
	anObject    = "an object file"
	anotherKind = "a file of another kind"
)

// elfKind distinguishes a library from a position-independent executable, which has the same type: a library names no
// loader, and has a SONAME or no entry point.
func elfKind(e *elf.File) string {
	switch e.Type {
	case elf.ET_EXEC:
		return ""
	case elf.ET_DYN:
		names, _ := e.DynString(elf.DT_SONAME)
		hasLoader := slices.ContainsFunc(e.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
		if !hasLoader && (len(names) > 0 || e.Entry == 0) {
			return aLibrary
		}
		return ""
	case elf.ET_REL:
		return anObject
	default:
		return anotherKind
	}
}

func machoKind(t macho.Type) string {
	switch t {
	case macho.TypeExec:
		return ""
	case macho.TypeObj:
		return anObject
	case macho.TypeDylib, macho.TypeBundle:
		return aLibrary
	default:
		return anotherKind
	}
}

func peKind(characteristics uint16) string {
	switch {
	case characteristics&pe.IMAGE_FILE_DLL != 0:
		return aLibrary
	case characteristics&pe.IMAGE_FILE_EXECUTABLE_IMAGE == 0:
		return anObject
	default:
		return ""
	}
}
