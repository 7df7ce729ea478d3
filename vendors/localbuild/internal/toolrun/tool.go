package toolrun

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/catalog/printable"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
)

// Tool is a program that a build needs.
type Tool struct {
	Name    string
	Path    string // absolute; empty looks in PATH
	Min     string // oldest version that works; empty for any
	Install string // what to install: "CMake 3.13 or newer from https://cmake.org"
	// Probe returns the version of the program at a path, or why it cannot be used; nil runs it with --version.
	Probe func(ctx context.Context, path string) (version string, err error)
}

// Found is a tool of this machine.
type Found struct {
	Path    string // absolute
	Version string // empty if unknown
}

// FindAll finds all tools. Its error, of kind MissingTool unless ctx is done, names all that are missing.
func FindAll(ctx context.Context, tools []Tool) (map[string]Found, error) {
	found := map[string]Found{}
	var problems, hints []string
	for _, t := range tools {
		if _, known := found[t.Name]; known && t.Min == "" {
			continue
		}
		f, err := t.find(ctx)
		if stop := failure.Stopped(ctx); stop != nil {
			return nil, stop
		}
		if err != nil {
			problems, hints = append(problems, err.Error()), append(hints, t.hint())
			continue
		}
		found[t.Name] = f
	}
	if len(problems) > 0 {
		return nil, provisioner.Errorf(provisioner.MissingTool, "%s", strings.Join(problems, "; ")).
			WithHint("%s", strings.Join(hints, "; "))
	}
	return found, nil
}

func (t Tool) hint() string {
	switch {
	case t.Install != "":
		return "install " + t.Install + " and put it in PATH"
	case t.Min != "":
		return "install " + t.Name + " " + t.Min + " or newer and put it in PATH"
	default:
		return "install " + t.Name + " and put it in PATH"
	}
}

// toolError names a tool that cannot be used, and the problem.
type toolError struct{ name, problem string }

// Error implements error.
func (e toolError) Error() string { return e.name + ": " + e.problem }

func (t Tool) find(ctx context.Context) (Found, error) {
	name := t.Name
	if t.Path != "" {
		name = t.Path
	}
	path, err := exec.LookPath(name)
	switch {
	case err != nil && t.Path != "":
		return Found{}, toolError{t.Name, t.Path + " can't be run"}
	case errors.Is(err, exec.ErrNotFound):
		return Found{}, toolError{t.Name, "it is not in PATH"}
	case err != nil:
		return Found{}, toolError{t.Name, err.Error()}
	}
	if path, err = filepath.Abs(path); err != nil {
		return Found{}, toolError{t.Name, err.Error()}
	}
	if t.Probe != nil {
		version, err := t.Probe(ctx, path)
		if err != nil {
			return Found{}, toolError{t.Name, err.Error()}
		}
		return Found{path, version}, nil
	}
	version, answer := printedVersion(ctx, path)
	switch {
	case t.Min == "" || isAtLeast(version, t.Min):
		return Found{path, version}, nil
	case version != "":
		return Found{}, toolError{t.Name, path + " is too old: it is " + version + ", and " + t.Min + " is needed"}
	case answer != "":
		return Found{}, toolError{t.Name, path + " does not print its version, but: " + answer}
	default:
		return Found{}, toolError{t.Name, path + " does not print its version"}
	}
}

var versionNumber = lazyregexp.New(`\d+(\.\d+)+`)

// printedVersion runs a tool with --version. It returns the first dotted number in its output, or "", and the first
// line.
func printedVersion(ctx context.Context, path string) (version, firstLine string) {
	out := &Buffer{Max: 64 << 10}
	// The exit code does not matter: a tool that does not know --version prints no number.
	_ = Command{Args: []string{path, "--version"}, Env: Inherited(SystemVariables, CompilerVariables), Stdout: out,
		Stderr: out}.Run(ctx)
	firstLine, _, _ = strings.Cut(strings.TrimSpace(out.String()), "\n")
	return versionNumber().FindString(out.String()), printable.Line(redact.Text(firstLine))
}

func isAtLeast(version, minimum string) bool {
	have, err := catalog.ParseVersion(version)
	if err != nil {
		return false
	}
	want, err := catalog.ParseVersion(minimum)
	return err == nil && have.Compare(want) >= 0
}

// CCompiler is the C compiler that the go command uses.
func CCompiler() Tool {
	if cc := strings.Fields(os.Getenv("CC")); len(cc) > 0 {
		return Tool{Name: cc[0], Install: "the C compiler that CC names"}
	}
	name := "gcc"
	if runtime.GOOS == "darwin" {
		name = "clang"
	}
	return Tool{Name: name, Install: "a C compiler, or name one with CC,"}
}
