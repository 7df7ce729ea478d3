package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
)

// serveOlder makes this process the vendor that the installed plugin of the archive starts.
func serveOlder() { plugins.Serve(older{}) }

// older offers one worker of the channel "edge".
type older struct{}

var _ provisioner.VendorSource = older{}

const olderWorker = "#!/bin/sh\necho I am worker v1.5.0\n"

func (older) Describe(context.Context) (provisioner.Description, error) {
	return provisioner.Description{
		Name: "acme", Version: "1.0.0",
		Options: []provisioner.Option{
			{
				Name:     "channel",
				Kind:     provisioner.StringOption,
				Help:     "which releases",
				Values:   []string{"stable", "edge"},
				Identity: true,
			},
		},
		Needs: provisioner.Needs{Env: []string{"ACME_VENDOR"}},
	}, nil
}

func (older) Resolve(_ context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	if string(q.With) != `{"channel":"edge"}` {
		return provisioner.Resolution{}, nil
	}
	digest, err := catalog.ParseDigest(fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(olderWorker))))
	return provisioner.Resolution{Releases: []provisioner.Release{{
		Version: catalog.MustVersion("1.5.0"), Tag: "v1.5.0", Integrity: catalog.Published,
		Files: []provisioner.File{{Name: "worker", Size: int64(len(olderWorker)), Digest: digest}},
	}}}, err
}

func (older) Fetch(context.Context, provisioner.FetchRequest) (provisioner.Fetched, error) {
	return provisioner.Fetched{}, errors.New("it was installed by the older program")
}
