package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
)

// serveAcme makes this process the vendor of a third party, as the environment describes it. It offers nothing and
// reports what it was granted.
func serveAcme() { plugins.Serve(acme{}) }

type acme struct{}

var _ provisioner.VendorSource = acme{}

func (acme) Describe(context.Context) (provisioner.Description, error) {
	name := "acme"
	if other := os.Getenv("ACME_NAME"); other != "" {
		name = other
	}
	return provisioner.Description{
		Name: name, Version: os.Getenv("ACME_VERSION"),
		Options: []provisioner.Option{
			{
				Name:   "channel",
				Kind:   provisioner.StringOption,
				Help:   "which releases",
				Values: []string{"stable", "edge"},
			},
		},
		Needs: provisioner.Needs{Network: true, Env: []string{"ACME_TOKEN"}},
	}, nil
}

func (acme) Resolve(context.Context, provisioner.Query) (provisioner.Resolution, error) {
	reason := fmt.Sprintf("token=%s, version %s", os.Getenv("ACME_TOKEN"), os.Getenv("ACME_VERSION"))
	return provisioner.Resolution{Rejected: []provisioner.Rejection{{Kind: provisioner.NotFound, Reason: reason}}}, nil
}

func (acme) Fetch(context.Context, provisioner.FetchRequest) (provisioner.Fetched, error) {
	return provisioner.Fetched{}, errors.New("nothing is offered")
}

// digest sets $DIGEST to a file's SHA-256: `digest FILE`.
func digest(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("DIGEST", fmt.Sprintf("%x", sha256.Sum256([]byte(ts.ReadFile(args[0])))))
}

// serve serves the script's folder at $SERVER.
func serve(ts *testscript.TestScript, _ bool, _ []string) {
	server := httptest.NewServer(http.FileServer(http.Dir(ts.Getenv("WORK"))))
	ts.Defer(server.Close)
	ts.Setenv("SERVER", server.URL)
}

// spoil appends a byte to each installed plugin.
func spoil(ts *testscript.TestScript, _ bool, _ []string) {
	files, err := filepath.Glob(filepath.Join(ts.Getenv("RBEE_CACHE_DIR"), "plugins", "*", "*"))
	ts.Check(err)
	for _, file := range files {
		ts.Check(os.Chmod(file, 0o755))
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
		ts.Check(err)
		_, err = f.WriteString("\n")
		ts.Check(errors.Join(err, f.Close()))
	}
}
