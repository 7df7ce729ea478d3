package intake

import (
	"bytes"
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const worker = "#!/bin/sh\necho worker\n"

// recorder is a Check that keeps what it sees.
type recorder struct {
	bytes.Buffer
	received Received
	refusal  error
}

func (r *recorder) Decide(received Received) error {
	r.received = received
	return r.refusal
}

// deliver receives one file with the content of worker and checks it with these verifiers.
func deliver(t *testing.T, file provisioner.File, change func(*Delivery), verifiers ...Verifier) (*Contents, error) {
	t.Helper()
	dir := t.TempDir()
	d := Delivery{
		Release: provisioner.Release{Version: catalog.MustVersion("1.0.0"), Files: []provisioner.File{file}},
		Type:    catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64,
		FetchDir: filepath.Join(dir, "fetch"), EntryDir: filepath.Join(dir, "entry"), SpoolDir: filepath.Join(dir, "spool"),
		Verifiers: verifiers,
	}
	if change != nil {
		change(&d)
	}
	require.NoError(t, os.Mkdir(d.FetchDir, 0o755))
	return d.Receive(t.Context(), func(_ context.Context, _ func(provisioner.Progress)) ([]string, error) {
		return []string{file.Name}, os.WriteFile(filepath.Join(d.FetchDir, file.Name), []byte(worker), 0o644)
	})
}

func TestReceive_showsEveryVerifierTheFactsAndEveryByte(t *testing.T) {
	var facts Facts
	first, second := &recorder{}, &recorder{}
	file := provisioner.File{Name: "worker-1.0.0"}
	contents, err := deliver(t, file, nil,
		func(f Facts) (Check, error) { facts = f; return first, nil },
		func(Facts) (Check, error) { return second, nil })
	require.NoError(t, err)
	require.Equal(t, file, facts.File)
	require.Equal(t, "1.0.0", facts.Release.Version.String())
	for _, r := range []*recorder{first, second} {
		require.Equal(t, worker, r.String())
		require.EqualValues(t, len(worker), r.received.Size)
		require.Equal(t, contents.Fetched[0].Digest.Hex(), fmt.Sprintf("%x", r.received.SHA256))
	}
}

func TestReceive_anyVerifierCanRefuse(t *testing.T) {
	refusal := provisioner.Errorf(provisioner.SignatureMismatch, "signed by somebody else")
	accept := func(Facts) (Check, error) { return &recorder{}, nil }
	for name, refuse := range map[string]Verifier{
		"before the first byte": func(Facts) (Check, error) { return nil, refusal },
		"after the last byte":   func(Facts) (Check, error) { return &recorder{refusal: refusal}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			contents, err := deliver(t, provisioner.File{Name: "worker"}, nil, accept, refuse)
			require.ErrorIs(t, err, refusal)
			require.Nil(t, contents)
		})
	}
}

func TestReceive_refusedClaimOfAThirdPartyIsItsFault(t *testing.T) {
	refusal := provisioner.Errorf(provisioner.SignatureMismatch, "signed by somebody else").WithHint("ask them")
	_, err := deliver(t, provisioner.File{Name: "worker"}, func(d *Delivery) { d.ThirdParty = true },
		func(Facts) (Check, error) { return &recorder{refusal: refusal}, nil })
	require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err))
	require.Equal(t, "ask them", provisioner.HintOf(err))
	require.True(t, errors.Is(err, refusal))
}

func TestDigest_checksTheAlgorithmThatWasPublished(t *testing.T) {
	sha512Of := func(content string) catalog.Digest {
		return catalog.Digest(fmt.Sprintf("sha512:%x", sha512.Sum512([]byte(content))))
	}
	contents, err := deliver(t, provisioner.File{Name: "worker", Digest: sha512Of(worker)}, nil, Digest)
	require.NoError(t, err)
	require.Equal(t, sha512Of(worker), contents.Fetched[0].Published)

	_, err = deliver(t, provisioner.File{Name: "worker", Digest: sha512Of("other")}, nil, Digest)
	require.Equal(t, provisioner.DigestMismatch, provisioner.KindOf(err))
	require.Contains(t, err.Error(), sha512Of(worker).Hex())

	_, err = deliver(t, provisioner.File{Name: "worker", Digest: "sha512:abc"}, nil, Digest)
	require.Equal(t, provisioner.PluginFault, provisioner.KindOf(err))
}
