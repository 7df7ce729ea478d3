package githubrelease

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
	"github.com/rbee-keeper/provision/vendors/githubrelease/githubtest"
)

// site is a GitHub, and a host that installs from it into a catalog of its own.
type site struct {
	*githubtest.Server
	*engine.Provisioner
	home string
	told []string // messages of the last run's progress
}

// inProcess opens a source without a process of its own.
type inProcess struct{ *Source }

func (v inProcess) Open(context.Context, string, provisioner.Folders) (provisioner.Vendor, error) {
	return v, nil
}
func (inProcess) Close() error { return nil }

func (inProcess) Confinement() provisioner.Confinement { return provisioner.Confinement{} }

func newSite(t *testing.T, source *Source) *site {
	s := &site{Server: startGitHub(t), home: t.TempDir()}
	workers, err := catalog.NewWorkerCatalogAt(s.home)
	require.NoError(t, err)
	query := queryFor(s.URL())
	s.Provisioner, err = engine.New(engine.Options{
		Catalog: workers, Vendors: inProcess{source}, StateDir: filepath.Join(s.home, "state"),
		Sources: map[catalog.WorkerType][]provisioner.Source{catalog.CpuLlm: {{
			Vendor: Name, Key: Name, Config: query.Config, With: query.With, Binary: "tool", Contract: provisioner.ContractNone,
		}}},
	})
	require.NoError(t, err)
	return s
}

// install provisions what the server has, as one who looks again at once after a failure does.
func (s *site) install(t *testing.T) (provisioner.Result, error) {
	s.told = nil
	return s.Provision(t.Context(), provisioner.Request{
		Type: catalog.CpuLlm, Platform: catalog.Linux, Arch: catalog.AMD64, Refresh: true,
		OnEvent: func(e provisioner.Event) {
			if e.Progress != nil && e.Progress.Message != "" {
				s.told = append(s.told, e.Progress.Message)
			}
		},
	})
}

// requireNothing checks that nothing is registered, and that nothing was written beside the catalog.
func (s *site) requireNothing(t *testing.T) {
	t.Helper()
	list, err := s.Catalog().List()
	require.NoError(t, err)
	require.Empty(t, list)
	entries, err := os.ReadDir(filepath.Join(s.home, "workers"))
	if err == nil {
		require.Empty(t, entries)
	}
	require.NoFileExists(t, filepath.Join(s.home, "evil"))
	require.NoFileExists(t, filepath.Join(s.home, "workers", "evil"))
}

// requireInstalled installs, and checks the executable.
func (s *site) requireInstalled(t *testing.T, version string, content []byte) {
	t.Helper()
	result, err := s.install(t)
	require.NoError(t, err)
	require.Equal(t, version, result.Worker.Version)
	have, err := os.ReadFile(result.Worker.Path)
	require.NoError(t, err)
	require.Equal(t, content, have)
}

// assetRequests are those for assets' bytes so far, each with the range that was asked for.
func (s *site) assetRequests() (all []string) {
	for _, request := range s.Requests() {
		if strings.HasPrefix(request, "storage ") {
			all = append(all, request)
		}
	}
	return all
}

// raw answers with a status line, header and body that no server of net/http would send together, and hangs up.
func raw(w http.ResponseWriter, head string, body []byte) bool {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	_, _ = buffered.WriteString("HTTP/1.1 " + head + "\r\n\r\n")
	_, _ = buffered.Write(body)
	_ = buffered.Flush()
	return true
}
