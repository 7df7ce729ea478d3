package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/internal/wire"
	"github.com/rbee-keeper/provision/provisioner"
)

// testVendor does what its query's With says.
type testVendor struct{}

var _ provisioner.VendorSource = testVendor{}

type script struct {
	Do   string           `json:"do"`
	Kind provisioner.Kind `json:"kind,omitempty"`
}

func scripted(s script) json.RawMessage {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return data
}

func fetchRequest(dir, do string) provisioner.FetchRequest {
	return provisioner.FetchRequest{
		Query:   provisioner.Query{Type: catalog.CpuLlm, With: scripted(script{Do: do})},
		Release: provisioner.Release{Version: catalog.MustVersion("1.2.3"), Integrity: catalog.None},
		Dir:     dir,
	}
}

var testDescription = provisioner.Description{
	Name:    "acme",
	Version: "0.3.0",
	Options: []provisioner.Option{{Name: "repo", Kind: provisioner.StringOption, Help: "where from", Required: true}},
	Needs:   provisioner.Needs{Network: true, Tools: []string{"git"}},
}

func (testVendor) Describe(ctx context.Context) (provisioner.Description, error) {
	switch os.Getenv("PLUGINS_TEST_DESCRIBE") {
	case "hang":
		<-ctx.Done()
		return provisioner.Description{}, ctx.Err()
	case "no version":
		return provisioner.Description{Name: "acme", Version: "latest"}, nil
	default:
		return testDescription, nil
	}
}

var retryAt = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func (testVendor) Resolve(ctx context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	var s script
	if err := json.Unmarshal(q.With, &s); err != nil {
		return provisioner.Resolution{}, err
	}
	release := provisioner.Release{Version: catalog.MustVersion("1.2.3"), Integrity: catalog.None}
	switch s.Do {
	case "fail":
		return provisioner.Resolution{}, &provisioner.Error{
			Kind: s.Kind, Message: "it rained", Hint: "take an umbrella", RetryAt: retryAt,
		}
	case "panic":
		panic("the moon is full")
	case "environment":
		return refusals(os.Environ()...), nil
	case "folder":
		dir, err := os.Getwd()
		return refusals(dir), err
	case "too many":
		return refusals(make([]string, wire.MaxAnswers+1)...), nil
	case "too large":
		release.Ref = strings.Repeat("x", maxMessage)
	case "bad name":
		release.Files = []provisioner.File{{Name: "../../etc/passwd"}}
	case "bad digest":
		release.Files = []provisioner.File{{Name: "a.zip", Digest: "md5:00"}}
	case "bad integrity":
		release.Integrity = "trust me"
	case "bad kind":
		return provisioner.Resolution{Rejected: []provisioner.Rejection{{Kind: "mood"}}}, nil
	case "block":
		<-ctx.Done()
		return provisioner.Resolution{}, ctx.Err()
	}
	return provisioner.Resolution{Releases: []provisioner.Release{release}}, nil
}

func refusals(reasons ...string) provisioner.Resolution {
	var r provisioner.Resolution
	for _, reason := range reasons {
		r.Rejected = append(r.Rejected, provisioner.Rejection{Kind: provisioner.NotFound, Reason: reason})
	}
	return r
}

const floodEvents = 200_000

func (testVendor) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	var s script
	if err := json.Unmarshal(req.Query.With, &s); err != nil {
		return provisioner.Fetched{}, err
	}
	switch s.Do {
	case "flood":
		for i := range floodEvents {
			req.Report(
				provisioner.Progress{Phase: provisioner.Downloading, File: "a", Done: int64(i + 1), Total: floodEvents},
			)
			if i%(floodEvents/10) == 0 {
				req.Report(provisioner.Progress{Phase: provisioner.Building, Message: fmt.Sprint(i)})
			}
		}
		return provisioner.Fetched{}, nil
	case "bad path":
		return provisioner.Fetched{Files: []string{"a/../../b"}}, nil
	case "obey", "ignore", "obey with a group", "lose a child":
		return provisioner.Fetched{}, fetchWithChild(ctx, req, s.Do)
	default:
		req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: "a", Done: 1, Total: 2})
		req.Report(provisioner.Progress{Phase: provisioner.Building, Message: "caf\xe9"})
		req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: "a", Done: 2, Total: 2})
		err := os.WriteFile(filepath.Join(req.Dir, "a"), []byte(req.Release.Version.String()), 0o600)
		return provisioner.Fetched{Files: []string{"a"}, Details: map[string]string{"commit": "1a2b3c"}}, err
	}
}
