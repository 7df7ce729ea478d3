package intake

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

// add records what was unpacked. The names of the entry's own records are refused.
func (c *Contents) add(files []unpack.File) error {
	for _, f := range files {
		top, _, _ := strings.Cut(f.Path, "/")
		if strings.EqualFold(top, catalog.RecordFile) || strings.EqualFold(top, catalog.ProvenanceFile) {
			return provisioner.Errorf(provisioner.BadPayload, "the file %s has the name of the entry's own record", f.Path)
		}
		installed := catalog.InstalledFile{Path: f.Path, Size: f.Size, Link: f.Link, Mode: uint32(f.Mode.Perm())}
		if f.Link == "" {
			installed.Digest = catalog.Digest(fmt.Sprintf("sha256:%x", f.SHA256))
		}
		c.Files = append(c.Files, installed)
	}
	return nil
}

// finalize finds the executable, sets its name and mode, and checks that it can run on the platform that was asked for,
// and on the host as far as its facts are known.
func (d Delivery) finalize(c *Contents, entry *os.Root) error {
	names := d.executableNames()
	if err := c.renameBare(entry, names[0]); err != nil {
		return err
	}
	i, err := d.find(c, names)
	if err != nil {
		return err
	}
	f := &c.Files[i]
	if err := entry.Chmod(f.Path, 0o755); err != nil {
		return err
	}
	f.Mode = 0o755
	c.Executable, c.Size = f.Path, f.Size
	if err := executable.Check(entry, f.Path, d.Platform, d.Arch); err != nil {
		return err
	}
	return executable.CheckNeeds(entry, f.Path, c.Files, d.Arch, d.Host)
}

// executableNames lists the base names that the executable may have, the preferred one first.
func (d Delivery) executableNames() []string {
	name := d.Binary
	if name == "" {
		name = d.Type.BinaryName()
	}
	if d.Platform == catalog.Windows {
		return []string{name + ".exe", name}
	}
	return []string{name}
}

// renameBare gives a bare executable, one that was not packed in an archive, the expected name: the name that a release
// gives it contains its version and platform.
func (c *Contents) renameBare(entry *os.Root, name string) error {
	if len(c.Fetched) != 1 || len(c.Files) != 1 || !isBare(c.Fetched[0].Name, c.Files[0].Path) {
		return nil
	}
	if err := entry.Rename(c.Files[0].Path, name); err != nil {
		return err
	}
	c.Files[0].Path = name
	return nil
}

// isBare reports whether the file at path is the one fetched as name, which may have been compressed.
func isBare(name, path string) bool {
	suffix, ok := strings.CutPrefix(name, path)
	return ok && slices.Contains([]string{"", ".gz", ".zst", ".xz", ".bz2"}, suffix)
}

var library = regexp.MustCompile(`(?i)\.(so|dylib|dll)(\.[0-9.]+)?$`)

// find returns the index of the executable: of the files with a wanted name the one nearest to the top; without such a
// file, the only executable file that there is. A configured name must be there.
func (d Delivery) find(c *Contents, names []string) (int, error) {
	for _, name := range names {
		hasName := func(f catalog.InstalledFile) bool { return path.Base(f.Path) == name }
		if found := c.indexes(hasName); len(found) > 0 {
			return c.nearestToTop(found, name)
		}
	}
	found := c.indexes(func(f catalog.InstalledFile) bool {
		isExecutable := f.Mode&0o111 != 0 || strings.EqualFold(path.Ext(f.Path), ".exe")
		return isExecutable && !library.MatchString(f.Path)
	})
	if len(found) == 1 && d.Binary == "" {
		return found[0], nil
	}
	return 0, d.noExecutable(c, names[0], found)
}

// indexes lists the files that match, without links.
func (c *Contents) indexes(match func(catalog.InstalledFile) bool) []int {
	var found []int
	for i, f := range c.Files {
		if f.Link == "" && match(f) {
			found = append(found, i)
		}
	}
	return found
}

// nearestToTop picks the file nearest to the top of the archive; two that are equally near are an error.
func (c *Contents) nearestToTop(found []int, name string) (int, error) {
	depth := func(i int) int { return strings.Count(c.Files[i].Path, "/") }
	slices.SortStableFunc(found, func(a, b int) int { return depth(a) - depth(b) })
	if len(found) > 1 && depth(found[0]) == depth(found[1]) {
		return 0, provisioner.Errorf(provisioner.BadPayload, "several files are called %s: %s and %s", name,
			c.Files[found[0]].Path, c.Files[found[1]].Path)
	}
	return found[0], nil
}

// noExecutable is the error if no file is the executable; found are other executable files.
func (d Delivery) noExecutable(c *Contents, name string, found []int) error {
	const most = 10
	var others []string
	for _, i := range found[:min(len(found), most)] {
		others = append(others, c.Files[i].Path)
	}
	e := provisioner.Errorf(provisioner.BadPayload, "the release contains no executable %q", name)
	if len(others) == 0 {
		return e.WithHint("it contains no executable for %s at all; check which asset was chosen", d.Platform)
	}
	return e.WithHint("set `binary:` in the source's configuration; its executables are %s", strings.Join(others, ", "))
}
