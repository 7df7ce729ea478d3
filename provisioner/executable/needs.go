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

// needs compares an executable and its bundled libraries with a machine. Unknown facts, of either, never reject.
type needs struct {
	root  *os.Root
	files []catalog.InstalledFile
	host  provisioner.Host
	name  string // of the executable, for messages
}

// DecisiveFacts are the keys of the facts that CheckNeeds looks at.
var DecisiveFacts = []string{"libc", "glibc", "loaders", "cpu", "macos"}

// CheckNeeds returns an error of kind BadPayload if an executable, a slash-separated path below root, can't be started
// on this host because it lacks the loader, a newer libc, a better processor or a newer macOS. files are those that
// were installed.
func CheckNeeds(root *os.Root, executable string, files []catalog.InstalledFile, arch catalog.Arch,
	host provisioner.Host) error {
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

// checkELF checks the executable, and every bundled library that it loads at its start. It may work without those that
// it loads later, such as backends.
func (n needs) checkELF(e *elf.File, executable string) error {
	loader := interpreterOf(e)
	if err := n.checkLoader(loader); err != nil {
		return err
	}
	if loaders := n.loaders(); len(loaders) > 0 && !slices.Contains(loaders, loader) {
		n.host.Glibc = "" // such a loader, for example of a Nix store, has its own glibc
	}
	if err := n.checkObject(n.name, e); err != nil {
		return err
	}
	todo, seen := n.bundled(e, path.Dir(executable)), map[string]bool{}
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

// checkLibrary checks a library and returns the bundled libraries that it loads.
func (n needs) checkLibrary(file string) ([]string, error) {
	f, err := n.root.Open(file)
	if err != nil {
		return nil, nil // a dangling link: the machine may have the library
	}
	defer f.Close()
	e, err := elf.NewFile(f)
	if err != nil {
		return nil, nil // a linker script, or a link that was unpacked as a file
	}
	return n.bundled(e, path.Dir(file)), n.checkObject(n.name+"'s "+path.Base(file), e)
}

// bundled lists which of the libraries that an object in dir loads are bundled. If several have the same name, for
// example for several versions of CUDA, only one in the same folder is certain to be meant.
func (n needs) bundled(e *elf.File, dir string) (paths []string) {
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

// checkObject compares an ELF file with the machine's processor and, unless one is bundled, its glibc.
func (n needs) checkObject(name string, e *elf.File) error {
	bringsGlibc := slices.ContainsFunc(n.files,
		func(f catalog.InstalledFile) bool { return path.Base(f.Path) == "libc.so.6" })
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

// checkLoader looks for the program that loads an executable. If the machine's loaders are known, the file system is
// searched too: a loader may be anywhere, for example in a Nix store.
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
		WithHint("use an asset for %s, or a statically linked one", cmp.Or(libc, "this system"))
}

func (n needs) loaders() []string { return strings.Fields(n.host.Loaders) }

func (needs) unmet(name, need, have string) *provisioner.Error {
	return provisioner.Errorf(provisioner.BadPayload, "%s needs %s, and the machine has %s", name, need, have)
}

// isNewer compares versions. It returns false if either is unknown.
func isNewer(version, than string) bool {
	v, err := catalog.ParseVersion(version)
	if err != nil {
		return false
	}
	w, err := catalog.ParseVersion(than)
	return err == nil && v.Compare(w) > 0
}

// libcOf returns the libc that has a loader of this name; empty if it is unknown.
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
