package localbuild

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// cargoBuilder builds a Rust crate.
type cargoBuilder struct {
	*project
	made *artifacts
}

var _ builder = cargoBuilder{}

func (cargoBuilder) tools() []toolrun.Tool {
	return []toolrun.Tool{{Name: "cargo", Min: "1.70", Install: "Rust 1.70 or newer from https://rustup.rs"},
		{Name: "rustc"}}
}

// writesSource is true for the lock file, which cargo makes where there is none.
func (cargoBuilder) writesSource() bool { return true }

func (b cargoBuilder) check(dir string) error {
	return requireFile(filepath.Join(dir, filepath.FromSlash(b.Package)), builderCargo, "Cargo.toml")
}

func (b cargoBuilder) steps(s *site) []step {
	profile := b.Profile
	if profile == "" {
		profile = "release"
	}
	flags := []string{"--profile", profile}
	if hasLock(s.tree.dir, s.sourceDir()) {
		flags = append(flags, "--locked")
	}
	if b.Bin != "" {
		flags = append(flags, "--bin", b.Bin)
	}
	if len(b.Features) > 0 {
		flags = append(flags, "--features", strings.Join(b.Features, ","))
	}
	s.details["flags"] = strings.Join(flags, " ")
	args := append([]string{s.found["cargo"].Path, "build"}, flags...)
	args = append(args, "--target-dir", b.targetDir(s), "--jobs", b.jobsText(), "--message-format=json-render-diagnostics")
	return []step{{name: "cargo build", args: args, dir: s.sourceDir(), env: b.environment(s), stdout: b.made,
		fetches: true}}
}

func (cargoBuilder) targetDir(s *site) string { return filepath.Join(s.work, "target") }

// hasLock reports whether a lock file pins what a crate requires: in its own folder, or above it for all of a
// workspace.
func hasLock(top, crate string) bool {
	for dir := crate; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Cargo.lock")); err == nil {
			return true
		}
		if dir == top || dir == filepath.Dir(dir) {
			return false
		}
	}
}

func (b cargoBuilder) environment(s *site) []string {
	env := toolrun.Inherited(toolrun.SystemVariables, toolrun.CompilerVariables)
	if users := cargoHome(); !toolrun.IsWritable(users) {
		env = append(env, "CARGO_HOME="+ownCargoHome(users, filepath.Join(s.cacheDir(), "cargo")))
	}
	// No toolchain is installed on the way, and nobody is asked for a password.
	env = append(env, "RUSTUP_AUTO_INSTALL=0", "CARGO_TERM_COLOR=never", "CARGO_TERM_PROGRESS_WHEN=never")
	return append(append(env, toolrun.NoPrompts...), s.ownVariables()...)
}

// cargoHome is where the user has cargo's caches and settings; empty where there is no home.
func cargoHome() string {
	if dir := os.Getenv("CARGO_HOME"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".cargo")
}

// ownCargoHome makes dir a home for cargo's caches, with the user's settings.
func ownCargoHome(users, dir string) string {
	_ = os.MkdirAll(dir, 0o700) // or else cargo tells what is wrong
	for _, name := range []string{"config.toml", "config", "credentials.toml", "credentials"} {
		_ = os.Remove(filepath.Join(dir, name))
		if _, err := os.Stat(filepath.Join(users, name)); err == nil {
			_ = os.Symlink(filepath.Join(users, name), filepath.Join(dir, name))
		}
	}
	return dir
}

// product is what cargo says it made: of several binaries, the one that is asked for.
func (b cargoBuilder) product(s *site) product {
	p := product{dir: b.targetDir(s)}
	var names []string
	for _, path := range b.made.executables() {
		name := strings.TrimSuffix(filepath.Base(path), ".exe")
		names = append(names, name)
		below, err := filepath.Rel(p.dir, path)
		if isWanted := name == b.Bin || b.Bin == "" && name == wanted(b.query); err == nil &&
			(isWanted || p.candidates == nil) {
			p.candidates = []string{filepath.ToSlash(below)}
			if isWanted {
				return p
			}
		}
	}
	if len(names) != 1 {
		p.problem = fmt.Sprintf("cargo made %d binaries where one is wanted: %s", len(names), strings.Join(names, ", "))
	}
	return p
}

// artifacts reads what cargo prints in JSON: a line for each thing that it made.
type artifacts struct {
	mu    sync.Mutex
	line  []byte
	paths []string
}

// artifact is a line that tells of an executable.
type artifact struct {
	Reason     string
	Executable string // absolute path; empty for anything else
	Target     struct{ Kind []string }
}

// Write implements io.Writer.
func (a *artifacts) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range p {
		switch {
		case b == '\n':
			a.endLine()
		case len(a.line) < 1<<20: // far more than such a line has
			a.line = append(a.line, b)
		}
	}
	return len(p), nil
}

func (a *artifacts) endLine() {
	var made artifact
	if json.Unmarshal(a.line, &made) == nil && made.Reason == "compiler-artifact" && made.Executable != "" &&
		slices.Contains(made.Target.Kind, "bin") {
		a.paths = append(a.paths, made.Executable)
	}
	a.line = a.line[:0]
}

func (a *artifacts) executables() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.paths
}
