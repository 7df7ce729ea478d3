package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// TestMain makes the test binary the program, which starts itself again for the vendors, and a worker that tests can
// install.
func TestMain(m *testing.M) {
	builtin.Main()
	if len(os.Args) > 1 && os.Args[1] == fakeWorkerArg {
		os.Exit(fakeWorker(os.Args[2:]))
	}
	testscript.Main(m, map[string]func(){"hive": main})
}

// fakeWorkerArg as the first argument makes the test binary a worker.
const fakeWorkerArg = "fake-worker"

// noRaceSleep keeps a process with the race detector from sleeping for a second before it ends.
const noRaceSleep = "GORACE=atexit_sleep_ms=0"

// repository is the one that tests publish to, and sourceOf a configuration that has its workers from a server that
// listens on some ports.
const repository = "acme/worker"

func sourceOf(apiURL string, ports []int) string {
	listed, err := json.Marshal(ports)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`
vendors: {github-release: {config: {api_url: %q}, ports: %s, env: [GORACE]}}
workers:
  cpu-llm:
    sources:
      - vendor: github-release
        with: {repo: %s}
        launch:
          args: ["--port", "{port}", "--queen-url", "{queen_url}"]
          ready: {http: /health}
`, apiURL, listed, repository)
}

// fakeRelease has a worker for each platform that runs scripts. Its content starts the test binary.
func fakeRelease(tag string) githubtest.Release {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	script := fmt.Sprintf("#!/bin/sh\nexport %s\nexec '%s' %s --is %s \"$@\"\n", noRaceSleep, self, fakeWorkerArg, tag)
	r := githubtest.Release{Tag: tag}
	for _, platform := range []string{"linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"} {
		r.Assets = append(r.Assets, githubtest.Asset{Name: "worker-" + platform, Content: []byte(script)})
	}
	return r
}

// fakeWorker serves until a signal ends it, or goes wrong as its flags say.
func fakeWorker(args []string) int {
	flags := flag.NewFlagSet("worker", flag.ContinueOnError)
	port := flags.Int("port", 0, "")
	release := flags.String("is", "", "")
	isBroken := flags.Bool("broken", false, "die before being ready")
	isSick := flags.Bool("sick", false, "never be ready")
	isLoud := flags.Bool("loud", false, "print without end")
	flags.String("queen-url", "", "")
	if flags.Parse(args) != nil {
		return 2
	}
	fmt.Println("worker", *release, "with", args)
	if *isBroken {
		fmt.Fprintln(os.Stderr, "these are my last words")
		return 3
	}
	go func() {
		for *isLoud {
			fmt.Println("so much to say")
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	http.HandleFunc("/die", func(http.ResponseWriter, *http.Request) {
		fmt.Fprintln(os.Stderr, "somebody wants me to die")
		os.Exit(7)
	})
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if *isSick {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
		}
	})
	server := &http.Server{Addr: fmt.Sprintf("127.0.0.1:%d", *port)}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		fmt.Fprintln(os.Stderr, err)
		return 1
	case <-ctx.Done():
		return 0
	}
}
