package wire

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// EncodeFetched encodes the result of Fetch.
func EncodeFetched(f provisioner.Fetched) *vendorpb.Fetched {
	return &vendorpb.Fetched{Files: f.Files, Details: sanitizeAll(f.Details)}
}

// DecodeFetched decodes and checks the result of Fetch.
func DecodeFetched(m *vendorpb.Fetched) (provisioner.Fetched, error) {
	if n := len(m.GetFiles()); n > MaxAnswers {
		return provisioner.Fetched{}, fmt.Errorf("%d files, more than %d", n, MaxAnswers)
	}
	for _, name := range m.GetFiles() {
		if !isBelow(name) {
			return provisioner.Fetched{}, fmt.Errorf("file %q: not a path below the folder", name)
		}
	}
	return provisioner.Fetched{Files: m.GetFiles(), Details: m.GetDetails()}, nil
}

// EncodeProgress encodes one step of a Fetch.
func EncodeProgress(p provisioner.Progress) *vendorpb.Progress {
	return &vendorpb.Progress{
		Phase:   phases[p.Phase],
		File:    Sanitize(p.File),
		Done:    p.Done,
		Total:   p.Total,
		Message: Sanitize(p.Message),
		Path:    Sanitize(p.Path),
		Settled: p.Settled,
	}
}

// DecodeProgress decodes and checks one step of a Fetch.
func DecodeProgress(m *vendorpb.Progress) (provisioner.Progress, error) {
	phase, ok := phases.decode(m.GetPhase())
	if !ok {
		return provisioner.Progress{}, fmt.Errorf("progress: unknown phase %s", m.GetPhase())
	}
	if m.GetDone() < 0 || m.GetTotal() < 0 || m.GetSettled() < 0 {
		return provisioner.Progress{}, fmt.Errorf("progress: %d of %d bytes, %d settled",
			m.GetDone(), m.GetTotal(), m.GetSettled())
	}
	if m.GetPath() != "" && !isBelow(m.GetPath()) {
		return provisioner.Progress{}, fmt.Errorf("progress: file %q: not a path below the folder", m.GetPath())
	}
	return provisioner.Progress{
		Phase:   phase,
		File:    m.GetFile(),
		Done:    m.GetDone(),
		Total:   m.GetTotal(),
		Message: Sanitize(m.GetMessage()),
		Path:    m.GetPath(),
		Settled: m.GetSettled(),
	}, nil
}

// isBelow reports whether name is the path of a file below a folder, on every platform.
func isBelow(name string) bool {
	return fs.ValidPath(name) && name != "." && filepath.IsLocal(filepath.FromSlash(name))
}
