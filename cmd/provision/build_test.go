package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/sandbox"
)

// lendToolchains gives a script what this user's compilers keep between builds, which are then no slower than they must
// be.
func lendToolchains(env *testscript.Env) {
	for name, value := range toolchains() {
		env.Setenv(name, value)
	}
}

var toolchains = sync.OnceValue(func() map[string]string {
	lent := map[string]string{}
	names := []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"}
	answer, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if values := strings.Split(string(answer), "\n"); err == nil && len(values) > len(names) {
		for i, name := range names {
			lent[name] = values[i]
		}
	}
	home, _ := os.UserHomeDir()
	for name, folder := range map[string]string{"CARGO_HOME": ".cargo", "RUSTUP_HOME": ".rustup"} {
		if lent[name] = os.Getenv(name); lent[name] == "" {
			lent[name] = filepath.Join(home, folder)
		}
	}
	return maps.Clone(lent)
})

// modules is one small program of many that only a module proxy has.
const modules = "golang.org/x/tools@v0.49.0"

var proxyIsThere = sync.OnceValue(func() bool {
	return exec.Command("go", "mod", "download", modules).Run() == nil
})

var cargoWorks = sync.OnceValue(func() bool { return exec.Command("cargo", "--version").Run() == nil })

// condition knows [proxy]: whether a Go module can be had; and [cargo]: whether it is installed and, by rustup, set up
// for this user.
func condition(name string) (bool, error) {
	switch name {
	case "proxy":
		return proxyIsThere(), nil
	case "cargo":
		return cargoWorks(), nil
	case "sandbox":
		return sandbox.Available(sandbox.Rules{Mode: sandbox.Auto}).Files, nil
	default:
		return false, fmt.Errorf("unknown condition %q", name)
	}
}

// expand puts the values of the script's variables, such as $WORK, into files.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(os.Expand(ts.ReadFile(file), ts.Getenv)), 0o600))
	}
}

// works runs `works TYPE WANT ARGS…`: the worker that FindByTypeAndPlatform finds in the catalog, which is to print
// WANT.
func works(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: works TYPE WANT ARGS...")
	}
	workers, err := catalog.NewWorkerCatalogAt(ts.Getenv("RBEE_CACHE_DIR"))
	ts.Check(err)
	worker, err := workers.FindByTypeAndPlatform(catalog.WorkerType(args[0]), catalog.Current())
	ts.Check(err)
	cmd := exec.Command(worker.Path, args[2:]...)
	cmd.Dir = ts.Getenv("WORK")
	out, err := cmd.CombinedOutput()
	if have := strings.TrimSpace(string(out)); err != nil || have != args[1] {
		ts.Fatalf("%s prints %q, want %q: %v", worker.Path, have, args[1], err)
	}
}
