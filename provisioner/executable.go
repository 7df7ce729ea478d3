package provisioner

import (
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// apeMagic opens an Actually Portable Executable: one file that runs on every platform here.
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

// CheckExecutable reads the header of an ELF, Mach-O or PE file and returns an error of kind BadPayload unless it was made
// for the platform and architecture. A script passes on the platforms that can run one.
func CheckExecutable(root *os.Root, name string, platform catalog.Platform, arch catalog.Arch) error {
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
	madeFor, archs := inspect(f)
	for _, a := range archs {
		if madeFor == platform && a == arch {
			return nil
		}
	}
	if madeFor == "" {
		return Errorf(BadPayload, "%s is not an executable of a known format: it begins with %q", name, magic)
	}
	return Errorf(BadPayload, "%s is for %s, not for %s/%s", name, targets(madeFor, archs), platform, arch)
}

// targets names what an executable was made for: "macos/amd64 and macos/arm64".
func targets(platform catalog.Platform, archs []catalog.Arch) string {
	names := make([]string, len(archs))
	for i, arch := range archs {
		names[i] = platform.String() + "/" + arch.String()
		if arch == "" {
			names[i] = platform.String() + " on a processor that is not known here"
		}
	}
	return strings.Join(names, " and ")
}

// inspect tells which platform and architectures an executable was made for; no platform if it is of no known format.
func inspect(f io.ReaderAt) (catalog.Platform, []catalog.Arch) {
	if e, err := elf.NewFile(f); err == nil {
		return catalog.Linux, []catalog.Arch{elfMachines[e.Machine]}
	}
	if m, err := macho.NewFile(f); err == nil {
		return catalog.MacOS, []catalog.Arch{machoCPUs[m.Cpu]}
	}
	if fat, err := macho.NewFatFile(f); err == nil {
		var archs []catalog.Arch
		for _, a := range fat.Arches {
			archs = append(archs, machoCPUs[a.Cpu])
		}
		return catalog.MacOS, archs
	}
	if p, err := pe.NewFile(f); err == nil {
		return catalog.Windows, []catalog.Arch{peMachines[p.Machine]}
	}
	return "", nil
}
