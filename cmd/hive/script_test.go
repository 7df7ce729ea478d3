package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// TestScripts runs the command line against a GitHub of each script's own, which has workers of two versions.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			server := githubtest.Start()
			env.Defer(server.Close)
			server.Publish(repository, fakeRelease("v1.0.0"))
			server.Publish(repository, fakeRelease("v2.0.0"))
			config := filepath.Join(env.WorkDir, "provision.yaml")
			env.Setenv("RBEE_CACHE_DIR", filepath.Join(env.WorkDir, "rbee"))
			env.Setenv("PROVISION_CONFIG", config)
			env.Vars = append(env.Vars, noRaceSleep)
			return os.WriteFile(config, []byte(sourceOf(server.URL(), server.Ports())), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
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
