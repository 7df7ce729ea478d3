package localbuild

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// tool is a program that a build can't do without.
type tool struct {
	name    string
	path    string // absolute; empty looks in PATH
	min     string // its oldest version that will do; empty is any
	install string // what to install: "CMake 3.13 or newer from https://cmake.org"
	// probe tells the version of the program at a path; nil asks with --version. Its errors tell why the program will not
	// do.
	probe func(ctx context.Context, path string) (version string, err error)
}

// foundTool is a tool of this machine.
type foundTool struct {
	path    string // absolute
	version string // empty where nobody asked
}

// findTools looks for all tools. Its error, of kind MissingTool but for a context that is done, names all that are
// missing.
func findTools(ctx context.Context, tools []tool) (map[string]foundTool, error) {
	found := map[string]foundTool{}
	var problems, hints []string
	for _, t := range tools {
		if _, known := found[t.name]; known && t.min == "" {
			continue
		}
		f, err := t.find(ctx)
		if stop := stopped(ctx); stop != nil {
			return nil, stop
		}
		if err != nil {
			problems, hints = append(problems, err.Error()), append(hints, t.hint())
			continue
		}
		found[t.name] = f
	}
	if len(problems) > 0 {
		return nil, provisioner.Errorf(provisioner.MissingTool, "%s", strings.Join(problems, "; ")).
			WithHint("%s", strings.Join(hints, "; "))
	}
	return found, nil
}

func (t tool) hint() string {
	switch {
	case t.install != "":
		return "install " + t.install + " and put it in PATH"
	case t.min != "":
		return "install " + t.name + " " + t.min + " or newer and put it in PATH"
	default:
		return "install " + t.name + " and put it in PATH"
	}
}

// toolError tells which tool will not do, and why.
type toolError struct{ name, problem string }

// Error implements error.
func (e toolError) Error() string { return e.name + ": " + e.problem }

func (t tool) find(ctx context.Context) (foundTool, error) {
	name := t.name
	if t.path != "" {
		name = t.path
	}
	path, err := exec.LookPath(name)
	switch {
	case err != nil && t.path != "":
		return foundTool{}, toolError{t.name, t.path + " can't be run"}
	case errors.Is(err, exec.ErrNotFound):
		return foundTool{}, toolError{t.name, "it is not in PATH"}
	case err != nil:
		return foundTool{}, toolError{t.name, err.Error()}
	}
	if path, err = filepath.Abs(path); err != nil {
		return foundTool{}, toolError{t.name, err.Error()}
	}
	if t.probe != nil {
		version, err := t.probe(ctx, path)
		if err != nil {
			return foundTool{}, toolError{t.name, err.Error()}
		}
		return foundTool{path, version}, nil
	}
	version, answer := askVersion(ctx, path)
	switch {
	case t.min == "" || isAtLeast(version, t.min):
		return foundTool{path, version}, nil
	case version != "":
		return foundTool{}, toolError{t.name, path + " is too old: it is " + version + ", and " + t.min + " is needed"}
	case answer != "":
		return foundTool{}, toolError{t.name, path + " does not tell its version, but: " + answer}
	default:
		return foundTool{}, toolError{t.name, path + " does not tell its version"}
	}
}

var versionNumber = lazyregexp.New(`\d+(\.\d+)+`)

// askVersion runs a tool with --version and returns the first number of several parts in its answer, empty if there is
// none, and the answer's first line.
func askVersion(ctx context.Context, path string) (version, firstLine string) {
	out := &limitedBuffer{max: 64 << 10}
	// What it prints counts, whatever it ends with: a tool that does not know --version prints no number.
	_ = command{args: []string{path, "--version"}, env: inherited(systemVariables, compilerVariables), stdout: out,
		stderr: out}.run(ctx)
	firstLine, _, _ = strings.Cut(strings.TrimSpace(out.String()), "\n")
	return versionNumber().FindString(out.String()), printable(withoutUserInfo(firstLine))
}

func isAtLeast(version, minimum string) bool {
	have, err := catalog.ParseVersion(version)
	if err != nil {
		return false
	}
	want, err := catalog.ParseVersion(minimum)
	return err == nil && have.Compare(want) >= 0
}

// cCompiler is what the go command compiles C with.
func cCompiler() tool {
	if cc := strings.Fields(os.Getenv("CC")); len(cc) > 0 {
		return tool{name: cc[0], install: "the C compiler that CC names"}
	}
	name := "gcc"
	if runtime.GOOS == "darwin" {
		name = "clang"
	}
	return tool{name: name, install: "a C compiler, or name one with CC,"}
}
