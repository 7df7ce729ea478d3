package engine

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/executable"
	"github.com/rbee-keeper/provision/provisioner/internal/unpack"
)

// add takes note of what was unpacked. The names of the entry's records are not for others.
func (p *payload) add(files []unpack.File) error {
	for _, f := range files {
		top, _, _ := strings.Cut(f.Path, "/")
		if strings.EqualFold(top, catalog.RecordFile) || strings.EqualFold(top, catalog.ProvenanceFile) {
			return provisioner.Errorf(provisioner.BadPayload, "the file %s would lie where the entry's own record does", f.Path)
		}
		installed := catalog.InstalledFile{Path: f.Path, Size: f.Size, Link: f.Link, Mode: uint32(f.Mode.Perm())}
		if f.Link == "" {
			installed.Digest = catalog.Digest(fmt.Sprintf("sha256:%x", f.SHA256))
		}
		p.files = append(p.files, installed)
	}
	return nil
}

// settle finds the executable, gives it its name and mode, and checks that it can run on the platform that was asked for, and on
// the host as far as that is known.
func (p *payload) settle(entry *os.Root, binary string, req provisioner.Request, host provisioner.Host) error {
	names := executableNames(binary, req)
	if err := p.nameBare(entry, names[0]); err != nil {
		return err
	}
	i, err := p.find(names, binary != "", req.Platform)
	if err != nil {
		return err
	}
	f := &p.files[i]
	if err := entry.Chmod(f.Path, 0o755); err != nil {
		return err
	}
	f.Mode = 0o755
	p.executable, p.size = f.Path, f.Size
	if err := executable.Check(entry, f.Path, req.Platform, req.Arch); err != nil {
		return err
	}
	return executable.CheckNeeds(entry, f.Path, p.files, req.Arch, host)
}

// executableNames are the base names that the executable may have, the preferred first.
func executableNames(binary string, req provisioner.Request) []string {
	names := []string{binary}
	if binary == "" {
		names = []string{req.Type.BinaryName()}
	}
	if req.Platform == catalog.Windows {
		names = []string{names[0] + ".exe", names[0]}
	}
	return names
}

// nameBare gives a bare executable, one that did not come in an archive, the name that is looked for: what a release calls it
// tells its version and platform.
func (p *payload) nameBare(entry *os.Root, name string) error {
	if len(p.brought) != 1 || len(p.files) != 1 || !isBare(p.brought[0].Name, p.files[0].Path) {
		return nil
	}
	if err := entry.Rename(p.files[0].Path, name); err != nil {
		return err
	}
	p.files[0].Path = name
	return nil
}

// isBare reports whether the file at path is the one brought as name, which may have been compressed.
func isBare(name, path string) bool {
	suffix, ok := strings.CutPrefix(name, path)
	return ok && slices.Contains([]string{"", ".gz", ".zst", ".xz", ".bz2"}, suffix)
}

var library = regexp.MustCompile(`(?i)\.(so|dylib|dll)(\.[0-9.]+)?$`)

// find returns the index of the executable: the one of the wanted names that lies highest, or else the only executable file
// there is. Where the name is configured nothing else will do.
func (p *payload) find(names []string, configured bool, platform catalog.Platform) (int, error) {
	for _, name := range names {
		if found := p.where(func(f catalog.InstalledFile) bool { return path.Base(f.Path) == name }); len(found) > 0 {
			return p.highest(found, name)
		}
	}
	found := p.where(func(f catalog.InstalledFile) bool {
		runs := f.Mode&0o111 != 0 || strings.EqualFold(path.Ext(f.Path), ".exe")
		return runs && !library.MatchString(f.Path)
	})
	if len(found) == 1 && !configured {
		return found[0], nil
	}
	return 0, p.notFound(names, found, platform)
}

// where lists the files, but for links, that fit.
func (p *payload) where(fits func(catalog.InstalledFile) bool) []int {
	var found []int
	for i, f := range p.files {
		if f.Link == "" && fits(f) {
			found = append(found, i)
		}
	}
	return found
}

// highest picks the file nearest to the archive's top; two equally near are an error.
func (p *payload) highest(found []int, name string) (int, error) {
	depth := func(i int) int { return strings.Count(p.files[i].Path, "/") }
	slices.SortStableFunc(found, func(a, b int) int { return depth(a) - depth(b) })
	if len(found) > 1 && depth(found[0]) == depth(found[1]) {
		return 0, provisioner.Errorf(provisioner.BadPayload, "several files are called %s: %s and %s", name,
			p.files[found[0]].Path, p.files[found[1]].Path)
	}
	return found[0], nil
}

func (p *payload) notFound(names []string, found []int, platform catalog.Platform) error {
	const most = 10
	var there []string
	for _, i := range found[:min(len(found), most)] {
		there = append(there, p.files[i].Path)
	}
	e := provisioner.Errorf(provisioner.BadPayload, "there is no executable %q in what was brought", names[0])
	if len(there) == 0 {
		return e.WithHint("it holds no executable for %s at all; check the asset that was chosen", platform)
	}
	return e.WithHint("set `binary:` in the source's configuration; executables in it are %s", strings.Join(there, ", "))
}
