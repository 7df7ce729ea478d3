package localbuild

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// builder makes an executable from a source. A builder is registered with registerBuilder; it does not run anything
// itself: it returns the commands, and where they put the executable.
type builder interface {
	// tools are the programs that must exist.
	tools() []toolrun.Tool
	// writesSource reports whether it writes into the source, so that it needs a copy of a user's folder.
	writesSource() bool
	// check returns an error if it cannot build the folder dir.
	check(dir string) error
	// steps are the commands to run, in order.
	steps(b *build) []step
	// usesCompiler reports whether a compiler of this machine is used: it builds for this machine only, and the
	// variables that configure compilers matter.
	usesCompiler() bool
	// root is the folder of what a build in dir reads: dir, or a folder above it.
	root(dir string) string
	// product returns where the executable is after the steps have run.
	product(b *build) product
}

// step is one command of a build.
type step struct {
	name     string // for messages: "go build"
	args     []string
	dir      string
	env      []string
	stdout   io.Writer // nil is the build log
	packages bool      // it prints the import path of each package that it compiles
	fetches  bool      // it may download dependencies, and fail for lack of a network
}

// product is where a build puts the executable: the first of candidates that exists or, if there are none, the only
// file in dir.
type product struct {
	dir        string
	candidates []string // slash-separated, below dir
	scripts    bool     // it may be a script
	problem    string   // why the executable is unknown; empty if it is known
}

// sourceDir is the folder of the package within the source.
func (b *build) sourceDir() string {
	return filepath.Join(b.checkout.dir, filepath.FromSlash(b.Package))
}

// jobsText is the number of compilers that may run at once, as text.
func (p *project) jobsText() string { return strconv.Itoa(p.jobs()) }

// outputHint is for builders whose output can be anywhere.
const outputHint = "name the path of the executable with `output`"

// compiledBuilder is the part that all builders except Go's share: they build a copy of the source, which they may
// write to, with the compilers of this machine and for this machine.
type compiledBuilder struct{ *project }

func (compiledBuilder) writesSource() bool { return true }

func (compiledBuilder) usesCompiler() bool { return true }

func (compiledBuilder) root(dir string) string { return dir }

// check returns an error unless the folder of the package has one of the builder's markers.
func (c compiledBuilder) check(dir string) error {
	dir = filepath.Join(dir, filepath.FromSlash(c.Package))
	markers := c.builderKind.markers
	if len(markers) == 0 || firstExisting(dir, markers) != "" {
		return nil
	}
	hint := otherBuilder(dir, c.Builder)
	if hint == "" {
		hint = "set `package` to the folder within the source that is to be built, or another `builder`"
	}
	return provisioner.Errorf(provisioner.BuildFailed, "there is no %s in %s", strings.Join(markers, " or "), dir).
		WithHint("%s", hint)
}

// firstExisting returns the first of these files that is in dir, or "".
func firstExisting(dir string, names []string) string {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return name
		}
	}
	return ""
}

// otherBuilder recommends a builder whose marker is in dir, except one; "" if there is none.
func otherBuilder(dir, except string) string {
	for _, k := range builderKinds {
		if marker := firstExisting(dir, k.markers); marker != "" && k.name != except {
			return "set `builder: " + k.name + "`: there is a " + marker
		}
	}
	return ""
}

// executableName is the name of the executable that the query asks for, without ".exe".
func executableName(q provisioner.Query) string {
	if q.Binary != "" {
		return q.Binary
	}
	return q.Type.BinaryName()
}

// withExe adds ".exe" on Windows.
func withExe(name string, platform catalog.Platform) string {
	if platform == catalog.Windows && !strings.HasSuffix(name, ".exe") {
		return name + ".exe"
	}
	return name
}

// placeholders replaces {version}, {commit} and {jobs} in options.
func (b *build) placeholders() *strings.Replacer {
	return strings.NewReplacer("{version}", b.req.Release.Version.String(), "{commit}", b.checkout.details["commit"],
		"{jobs}", b.jobsText())
}
