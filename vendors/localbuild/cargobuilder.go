package localbuild

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// builderCargo is the value of the option builder for cargo.
const builderCargo = "cargo"

func init() {
	registerBuilder(builderKind{
		name: builderCargo,
		options: []key{
			{Option: option("bin", provisioner.StringOption, "name of the crate's binary; default: the only one", identity)},
			{Option: option("features", provisioner.StringsOption, "the crate's features", identity)},
			{Option: option("profile", provisioner.StringOption, "cargo's profile; default: release", identity)},
		},
		markers:    []string{"Cargo.toml"},
		programs:   []string{"cargo", "rustc"},
		outputHint: "name the binary with `bin`",
		open:       func(p *project) (builder, error) { return cargoBuilder{compiledBuilder{p}, &artifacts{}}, nil },
	})
}

// cargoBuilder builds a Rust crate.
type cargoBuilder struct {
	compiledBuilder
	made *artifacts
}

var _ builder = cargoBuilder{}

func (cargoBuilder) tools() []toolrun.Tool {
	return []toolrun.Tool{{Name: "cargo", Min: "1.70", Install: "Rust 1.70 or newer from https://rustup.rs"},
		{Name: "rustc"}}
}

func (c cargoBuilder) steps(b *build) []step {
	profile := c.Profile
	if profile == "" {
		profile = "release"
	}
	flags := []string{"--profile", profile}
	if hasLock(b.checkout.dir, b.sourceDir()) {
		flags = append(flags, "--locked")
	}
	if c.Bin != "" {
		flags = append(flags, "--bin", c.Bin)
	}
	if len(c.Features) > 0 {
		flags = append(flags, "--features", strings.Join(c.Features, ","))
	}
	b.details["flags"] = strings.Join(flags, " ")
	args := append([]string{b.found["cargo"].Path, "build"}, flags...)
	args = append(args, "--target-dir", c.targetDir(b), "--jobs", c.jobsText(), "--message-format=json-render-diagnostics")
	return []step{{name: "cargo build", args: args, dir: b.sourceDir(), env: c.environment(b), stdout: c.made,
		fetches: true}}
}

func (cargoBuilder) targetDir(b *build) string { return filepath.Join(b.workDir, "target") }

// hasLock reports whether a lock file pins the dependencies of a crate: in its folder or, for a workspace, in one above
// it.
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

func (c cargoBuilder) environment(b *build) []string {
	env := toolrun.Inherited(toolrun.SystemVariables, toolrun.CompilerVariables)
	if users := cargoHome(); !toolrun.IsWritable(users) {
		env = append(env, "CARGO_HOME="+ownCargoHome(users, filepath.Join(b.cacheDir(), "cargo")))
	}
	// rustup must not install a toolchain, and nobody is there to enter a password.
	env = append(env, "RUSTUP_AUTO_INSTALL=0", "CARGO_TERM_COLOR=never", "CARGO_TERM_PROGRESS_WHEN=never")
	return append(append(env, toolrun.NoPrompts...), b.variables()...)
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

// ownCargoHome makes dir a CARGO_HOME with empty caches and links to the user's settings.
func ownCargoHome(users, dir string) string {
	_ = os.MkdirAll(dir, 0o700) // if it fails, cargo reports the error
	for _, name := range []string{"config.toml", "config", "credentials.toml", "credentials"} {
		_ = os.Remove(filepath.Join(dir, name))
		if _, err := os.Stat(filepath.Join(users, name)); err == nil {
			_ = os.Symlink(filepath.Join(users, name), filepath.Join(dir, name))
		}
	}
	return dir
}

// product is what cargo reports: of several binaries, the one that the options or the query name.
func (c cargoBuilder) product(b *build) product {
	p := product{dir: c.targetDir(b)}
	var names []string
	for _, path := range c.made.executables() {
		name := strings.TrimSuffix(filepath.Base(path), ".exe")
		names = append(names, name)
		below, err := filepath.Rel(p.dir, path)
		if isWanted := name == c.Bin || c.Bin == "" && name == executableName(c.query); err == nil &&
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

// artifacts collects executables from cargo's JSON output: one message a line.
type artifacts struct {
	mu    sync.Mutex
	line  []byte
	paths []string
}

// artifact is the message about one compiled target; see "External tools" in the Cargo book.
type artifact struct {
	Reason     string
	Executable string // absolute path; empty for anything else
	Target     struct{ Kind []string }
}

// Write implements io.Writer.
func (a *artifacts) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range p {
		switch {
		case c == '\n':
			a.endLine()
		case len(a.line) < 1<<20: // far more than such a line has
			a.line = append(a.line, c)
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
