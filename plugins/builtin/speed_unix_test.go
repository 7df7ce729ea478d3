//go:build unix

package builtin

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// Four vendors answer only when all four are being asked, so that one after the other they never would.
func TestFourVendorsResolveInParallel(t *testing.T) {
	var all sync.WaitGroup
	all.Add(4)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all.Done()
		all.Wait()
		http.NotFound(w, r)
	}))
	defer server.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "provision.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`
vendors: {github-release: {config: {api_url: "`+server.URL+`/"}}}
workers: {tpu-llm: {sources: [{vendor: github-release, with: {repo: a/a}}, {vendor: github-release, with: {repo: a/b}},
  {vendor: github-release, with: {repo: a/c}}, {vendor: github-release, with: {repo: a/d}}]}}
`), 0o600))
	p, err := Open(Options{CacheDir: filepath.Join(dir, "rbee"), Config: file})
	require.NoError(t, err)
	_, err = p.Resolve(t.Context(), provisioner.Request{Type: "tpu-llm"})
	require.Error(t, err)
	all.Wait() // all were asked
}

// BenchmarkFirstAnswer measures the start of a vendor to its first answer, in the sandbox, beside a start of the same
// program by go-plugin alone, in turns. It reports the medians' ratio.
func BenchmarkFirstAnswer(b *testing.B) {
	dir := b.TempDir()
	b.Run("built-in", func(b *testing.B) {
		self, err := executable()
		require.NoError(b, err)
		b.Setenv(vendorVariable, "github-release")
		compare(b, vendors{builtIn: mustDescribe(b), grants: automatic(b)}, self, dir)
	})
	b.Run("installed", func(b *testing.B) {
		program := filepath.Join(b.TempDir(), "github-release")
		build := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, "../github-release")
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
		out, err := build.CombinedOutput()
		require.NoError(b, err, "%s", out)
		time.Sleep(
			2500 * time.Millisecond,
		) // a plugin is installed once and started often: measure it when its identity is believed
		compare(b, vendors{
			configured: map[string]config.Vendor{"github-release": {Command: program, SHA256: digestOf(b, program)}},
			plugins:    store.New(b.TempDir()), grants: automatic(b),
		}, program, dir)
	})
}

func digestOf(b *testing.B, file string) catalog.Digest {
	content, err := os.ReadFile(file)
	require.NoError(b, err)
	h := sha256.New()
	h.Write(content)
	return catalog.DigestOf(h)
}

func automatic(b *testing.B) grants {
	g, err := newGrants("", &config.Config{})
	require.NoError(b, err)
	return g
}

func mustDescribe(b *testing.B) map[string]provisioner.Description {
	schemas, err := describeAll()
	require.NoError(b, err)
	return schemas
}

func compare(b *testing.B, v vendors, program, staging string) {
	holdStdin(b)
	var ours, bare []time.Duration
	for b.Loop() {
		ours = append(ours, firstAnswer(b, v, staging))
		bare = append(bare, bareFirstAnswer(b, program))
	}
	b.ReportMetric(float64(median(ours).Microseconds())/1000, "ms")
	b.ReportMetric(float64(median(bare).Microseconds())/1000, "bare-ms")
	b.ReportMetric(float64(median(ours))/float64(median(bare)), "x-bare")
	b.ReportMetric(0, "ns/op") // of both and their ends
}

func firstAnswer(b *testing.B, v vendors, staging string) time.Duration {
	begin := time.Now()
	vendor, err := v.Open(context.Background(), "github-release", provisioner.Folders{Staging: staging, Cache: staging})
	require.NoError(b, err)
	_, err = vendor.Describe(context.Background())
	took := time.Since(begin)
	require.NoError(b, err)
	require.NoError(b, vendor.Close())
	return took
}

// bareClient is what go-plugin needs to know of a vendor.
type bareClient struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (bareClient) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error { return nil }

func (bareClient) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return vendorpb.NewVendorClient(conn), nil
}

// bareFirstAnswer is firstAnswer by go-plugin alone.
func bareFirstAnswer(b *testing.B, program string) time.Duration {
	b.Helper()
	begin := time.Now()
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			MagicCookieKey:   plugins.MagicCookieKey,
			MagicCookieValue: plugins.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{plugins.ProtocolVersion: {"vendor": bareClient{}}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Cmd:              exec.Command(program),
		Logger:           hclog.NewNullLogger(),
	})
	protocol, err := client.Client()
	require.NoError(b, err)
	service, err := protocol.Dispense("vendor")
	require.NoError(b, err)
	_, err = service.(vendorpb.VendorClient).Describe(context.Background(), &vendorpb.DescribeRequest{})
	took := time.Since(begin)
	require.NoError(b, err)
	client.Kill()
	return took
}

// holdStdin gives this process a stdin that does not end: go-plugin hands it on, and a vendor whose stdin ends takes
// its host for gone.
func holdStdin(b *testing.B) {
	reader, writer, err := os.Pipe()
	require.NoError(b, err)
	stdin := os.Stdin
	os.Stdin = reader
	b.Cleanup(func() {
		os.Stdin = stdin
		reader.Close()
		writer.Close()
	})
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
