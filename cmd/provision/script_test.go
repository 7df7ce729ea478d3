package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// TestMain makes the test binary the program: the scripts run it as `provision`, and it starts itself again for the
// vendors.
func TestMain(m *testing.M) {
	builtin.Main()
	testscript.Main(m, map[string]func(){"provision": main, "acme-vendor": serveAcme, "older-vendor": serveOlder})
}

// noRaceSleep keeps processes built with the race detector from sleeping a second before they end.
const noRaceSleep = "atexit_sleep_ms=0"

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("RBEE_CACHE_DIR", filepath.Join(env.WorkDir, "rbee"))
			env.Setenv("PROVISION_CONFIG", filepath.Join(env.WorkDir, "provision.yaml"))
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("GORACE", noRaceSleep)
			self, err := os.Executable() // which is a built-in vendor too
			if err != nil {
				return err
			}
			env.Setenv("SELF", self)
			root, err := filepath.Abs("../..")
			if err != nil {
				return err
			}
			env.Setenv("ROOT", root)
			lendToolchains(env)
			program, err := exec.LookPath("acme-vendor")
			env.Setenv("ACME", program)
			server := githubtest.Start()
			env.Defer(server.Close)
			env.Values[serverKey{}] = server
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"github": github,
			"expand": expand,
			"works":  works,
			"digest": digest,
			"serve":  serve,
			"spoil":  spoil,
		},
		Condition: condition,
	})
}

// exits runs `exits CODE PROGRAM ARGS…` and checks the exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	have := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		have = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if have != want {
		ts.Fatalf("exit code %d, want %d", have, want)
	}
}
