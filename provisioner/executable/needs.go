package executable

import (
	"cmp"
	"debug/elf"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// needs holds an executable, and the libraries that came with it, against what is known of a machine. What is not known of either
// refuses nothing.
type needs struct {
	root  *os.Root
	files []catalog.InstalledFile
	host  provisioner.Host
	name  string // of the executable, for messages
}

// DecisiveFacts are the keys of the facts that CheckNeeds looks at.
var DecisiveFacts = []string{"libc", "glibc", "loaders", "cpu", "macos"}

// CheckNeeds returns an error of kind BadPayload if an executable, a slash-separated path below root, can't be started on a
// machine with these facts: for want of a loader, of a newer libc, of a better processor or of a newer macOS.
func CheckNeeds(root *os.Root, executable string, files []catalog.InstalledFile, arch catalog.Arch, host provisioner.Host) error {
	if host == (provisioner.Host{}) {
		return nil
	}
	f, err := root.Open(executable)
	if err != nil {
		return err
	}
	defer f.Close()
	n := needs{root: root, files: files, host: host, name: path.Base(executable)}
	if e, err := elf.NewFile(f); err == nil {
		return n.checkELF(e, executable)
	}
	if version := minimumMacOS(f, arch); isNewer(version, host.MacOS) {
		return n.unmet(n.name, "macOS "+version, host.MacOS).WithHint("use another asset, or a newer macOS")
	}
	return nil
}

// checkELF checks the executable, and every library that came with it and that it loads at its start. Those that it may load
// later, as backends are, it may also do without.
func (n needs) checkELF(e *elf.File, executable string) error {
	loader := interpreterOf(e)
	if err := n.checkLoader(loader); err != nil {
		return err
	}
	if loaders := n.loaders(); len(loaders) > 0 && !slices.Contains(loaders, loader) {
		n.host.Glibc = "" // a loader of a store has a glibc of its own
	}
	if err := n.checkObject(n.name, e); err != nil {
		return err
	}
	todo, seen := n.besides(e, path.Dir(executable)), map[string]bool{}
	for len(todo) > 0 {
		library := todo[0]
		todo = todo[1:]
		if seen[library] {
			continue
		}
		seen[library] = true
		more, err := n.checkLibrary(library)
		if err != nil {
			return err
		}
		todo = append(todo, more...)
	}
	return nil
}

// checkLibrary returns the libraries that this one loads.
func (n needs) checkLibrary(file string) ([]string, error) {
	f, err := n.root.Open(file)
	if err != nil {
		return nil, nil // a link to nothing: the machine may have the library
	}
	defer f.Close()
	e, err := elf.NewFile(f)
	if err != nil {
		return nil, nil // a linker script, or a link that was unpacked as a file
	}
	return n.besides(e, path.Dir(file)), n.checkObject(n.name+"'s "+path.Base(file), e)
}

// besides lists which of the libraries that an object in dir names came with it. Of several with one name, as for several versions
// of CUDA, only the one beside the object is sure to be meant.
func (n needs) besides(e *elf.File, dir string) (paths []string) {
	for _, name := range librariesNeeded(e) {
		var found []string
		for _, f := range n.files {
			if path.Base(f.Path) == name {
				found = append(found, f.Path)
			}
		}
		if beside := path.Join(dir, name); slices.Contains(found, beside) {
			paths = append(paths, beside)
		} else if len(found) == 1 {
			paths = append(paths, found[0])
		}
	}
	return paths
}

// checkObject holds an ELF file against the machine's glibc, unless another came with it, and its processor.
func (n needs) checkObject(name string, e *elf.File) error {
	bringsGlibc := slices.ContainsFunc(n.files, func(f catalog.InstalledFile) bool { return path.Base(f.Path) == "libc.so.6" })
	if version := glibcOf(e); !bringsGlibc && isNewer(version, n.host.Glibc) {
		return n.unmet(name, "glibc "+version, n.host.Glibc).
			WithHint("use another asset, or a distribution with a newer glibc")
	}
	if need, have := x86LevelOf(e), x86Levels[n.host.CPU]; have > 0 && need > have {
		return n.unmet(name, fmt.Sprintf("a processor of level x86-64-v%d", need), n.host.CPU).
			WithHint("use an asset for older processors")
	}
	return nil
}

// checkLoader looks for the program that loads an executable. Where it is known which loaders there are, this machine is asked
// too: one may lie anywhere on it, as in a Nix store.
func (n needs) checkLoader(loader string) error {
	loaders, libc, need := n.loaders(), n.host.Libc, libcOf(loader)
	switch {
	case loader == "", slices.Contains(loaders, loader):
		return nil
	case len(loaders) > 0:
		if _, err := os.Stat(loader); err == nil {
			return nil
		}
	case need == "", libc == "", need == libc:
		return nil
	}
	return provisioner.Errorf(provisioner.BadPayload, "%s needs the loader %s, which the machine lacks", n.name, loader).
		WithHint("use an asset for %s, or one that is linked statically", cmp.Or(libc, "this system"))
}

func (n needs) loaders() []string { return strings.Fields(n.host.Loaders) }

func (needs) unmet(name, need, have string) *provisioner.Error {
	return provisioner.Errorf(provisioner.BadPayload, "%s needs %s, and the machine has %s", name, need, have)
}

// isNewer compares versions; none is newer than what is not known.
func isNewer(version, than string) bool {
	v, err := catalog.ParseVersion(version)
	if err != nil {
		return false
	}
	w, err := catalog.ParseVersion(than)
	return err == nil && v.Compare(w) > 0
}

// libcOf tells a libc by the name of its loader.
func libcOf(loader string) string {
	switch name := path.Base(loader); {
	case strings.HasPrefix(name, "ld-linux"):
		return "glibc"
	case strings.HasPrefix(name, "ld-musl"):
		return "musl"
	default:
		return ""
	}
}
