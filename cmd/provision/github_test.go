package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// repository is the one that the scripts publish to.
const repository = "acme/worker"

// serverKey is that of a script's GitHub among its values.
type serverKey struct{}

// github is the scripts' command of that name:
//
//	github start                     has the configuration use the script's server
//	github proxy                     has it use another address, to which the server is the proxy
//	github stop                      makes it unreachable
//	github restart                   makes it reachable again
//	github release [FLAG] TAG WHAT   publishes; FLAG is -prerelease, -draft, -digest=wrong or -digest=none
//	github many N                    publishes v0.0.1 to v0.0.N
func github(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: github start|proxy|stop|restart|release|many")
	}
	server := ts.Value(serverKey{}).(*githubtest.Server)
	switch args[0] {
	case "start":
		configure(ts, server.URL(), server)
	case "proxy":
		configure(ts, "http://github.invalid/", server)
		ts.Setenv("HTTP_PROXY", server.URL())
	case "stop", "restart":
		server.SetAway(args[0] == "stop")
	case "release":
		server.Publish(repository, newRelease(ts, args[1:]))
	case "many":
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		for i := 1; i <= n; i++ {
			server.Publish(repository, newRelease(ts, []string{fmt.Sprintf("v0.0.%d", i), "worker"}))
		}
	default:
		ts.Fatalf("unknown command: github %s", args[0])
	}
}

// configure has the configuration use a server, at an address, and grants the port that its downloads come from.
func configure(ts *testscript.TestScript, address string, server *githubtest.Server) {
	config := ts.ReadFile("provision.yaml") +
		fmt.Sprintf(
			"vendors:\n  github-release:\n    config: {api_url: %q}\n    ports: [%d]\n    env: [GORACE]\n",
			address,
			server.Ports()[1],
		)
	ts.Check(os.WriteFile(ts.MkAbs("provision.yaml"), []byte(config), 0o600))
}

// newRelease has an executable for each platform, or an archive that is not what it should be.
func newRelease(ts *testscript.TestScript, args []string) (r githubtest.Release) {
	var digest string
	for ; strings.HasPrefix(args[0], "-"); args = args[1:] {
		switch args[0] {
		case "-prerelease":
			r.Prerelease = true
		case "-draft":
			r.Draft = true
		case "-digest=wrong":
			digest = "sha256:" + strings.Repeat("0", 64)
		case "-digest=none":
			digest = githubtest.NoDigest
		default:
			ts.Fatalf("unknown flag %s", args[0])
		}
	}
	r.Tag = args[0]
	script := fmt.Sprintf("#!/bin/sh\necho I am worker %s\n", r.Tag)
	switch what := args[1]; what {
	case "worker":
		for _, platform := range []string{"linux-amd64", "linux-arm64", "darwin-arm64", "windows-amd64.exe"} {
			r.Assets = append(
				r.Assets,
				githubtest.Asset{Name: "worker-" + platform, Content: []byte(script), Digest: digest},
			)
		}
	case "windows-worker":
		r.Assets = []githubtest.Asset{{Name: "worker-windows-amd64.exe", Content: []byte(script)}}
	case "llama":
		for _, name := range strings.Fields(fmt.Sprintf(llamaAssets, r.Tag)) {
			r.Assets = append(r.Assets, githubtest.Asset{Name: name, Content: []byte(script)})
		}
	case "twins":
		for _, name := range []string{"twin-cli-linux-amd64", "twin-server-linux-amd64"} {
			r.Assets = append(r.Assets, githubtest.Asset{Name: name, Content: []byte(script)})
		}
	case "archive-without-worker":
		r.Assets = []githubtest.Asset{
			{Name: "worker-linux-amd64.tar.gz", Content: targz(ts.Check, "one", script, "two", script)},
		}
	case "escaping-archive":
		r.Assets = []githubtest.Asset{
			{Name: "worker-linux-amd64.tar.gz", Content: targz(ts.Check, "../../../evil", script)},
		}
	default:
		ts.Fatalf("unknown release %s", what)
	}
	return r
}

// llamaAssets are names of a release of llama.cpp.
const llamaAssets = `cudart-llama-bin-win-cuda-12.4-x64.zip llama-%[1]s-bin-macos-arm64.tar.gz
	llama-%[1]s-bin-ubuntu-arm64.tar.gz
	llama-%[1]s-bin-ubuntu-vulkan-x64.tar.gz llama-%[1]s-bin-ubuntu-x64.tar.gz llama-%[1]s-bin-win-cuda-12.4-x64.zip
	llama-%[1]s-xcframework.zip`

// targz packs members, given as name and content in turn.
func targz(check func(error), members ...string) []byte {
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	w := tar.NewWriter(compressed)
	for i := 0; i < len(members); i += 2 {
		check(
			w.WriteHeader(
				&tar.Header{Name: members[i], Mode: 0o755, Size: int64(len(members[i+1])), Typeflag: tar.TypeReg},
			),
		)
		_, err := w.Write([]byte(members[i+1]))
		check(err)
	}
	check(w.Close())
	check(compressed.Close())
	return packed.Bytes()
}
