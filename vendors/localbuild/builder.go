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

// builder makes an executable of a source.
type builder interface {
	// tools are what it works with.
	tools() []toolrun.Tool
	// writesSource reports whether it writes into the source, so that a user's own folder must be copied first.
	writesSource() bool
	// check returns an error if the folder dir holds nothing that it can build.
	check(dir string) error
	// steps are the commands to run, in order.
	steps(s *site) []step
	// product tells where the executable then is.
	product(s *site) product
}

// step is one command of a build.
type step struct {
	name     string // for messages: "go build"
	args     []string
	dir      string
	env      []string
	stdout   io.Writer // nil takes the output's for a person
	packages bool      // it prints the paths of what it compiles
	fetches  bool      // it may fetch what the source requires, and fail at that
}

// product is where a build puts the executable: one of some places, or the one file in a folder if none is named.
type product struct {
	dir        string
	candidates []string // slash-separated, below dir
	scripts    bool     // a script will do
	problem    string   // why none of them can be told to be it; empty if one can
}

// sourceDir is the folder of what is built within the source.
func (s *site) sourceDir() string { return filepath.Join(s.tree.dir, filepath.FromSlash(s.Package)) }

// jobsText is the number of compilers that may run at once.
func (p *project) jobsText() string { return strconv.Itoa(p.jobs()) }

// requireFile returns an error unless one of some files lies in a folder.
func requireFile(dir, builder string, names ...string) error {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return nil
		}
	}
	e := provisioner.Errorf(provisioner.BuildFailed, "there is no %s in %s", strings.Join(names, " or "), dir)
	return e.WithHint("%s", otherBuilder(dir, builder))
}

// otherBuilder advises on what to build a folder with.
func otherBuilder(dir, builder string) string {
	for _, known := range []struct{ file, builder string }{
		{"go.mod", builderGo}, {"Cargo.toml", builderCargo}, {"CMakeLists.txt", builderCMake},
		{"Makefile", builderMake}, {"GNUmakefile", builderMake},
	} {
		if _, err := os.Stat(filepath.Join(dir, known.file)); err == nil && known.builder != builder {
			return "set `builder: " + known.builder + "`: there is a " + known.file
		}
	}
	return "set `package` to the folder within the source that is to be built, or another `builder`"
}

// wanted is the name of the executable that is asked for, without ".exe".
func wanted(q provisioner.Query) string {
	if q.Binary != "" {
		return q.Binary
	}
	return q.Type.BinaryName()
}

// withExe adds ".exe" where the platform wants it.
func withExe(name string, platform catalog.Platform) string {
	if platform == catalog.Windows && !strings.HasSuffix(name, ".exe") {
		return name + ".exe"
	}
	return name
}

// placeholders fills in what a source may want to know of its version.
func (s *site) placeholders() *strings.Replacer {
	return strings.NewReplacer("{version}", s.req.Release.Version.String(), "{commit}", s.tree.details["commit"],
		"{jobs}", s.jobsText())
}
