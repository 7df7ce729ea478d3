package plugins

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// foreign is a vendor made from vendor.proto alone, without go-plugin, as one in another language is.
type foreign struct {
	vendorpb.UnimplementedVendorServer
}

func beForeign() {
	if os.Getenv("PROVISION_VENDOR_PLUGIN") != "b1c5f2a86d6e4f0f9a37" {
		os.Exit(1)
	}
	address := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "socket")
	listener, err := net.Listen("unix", address)
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	healthServer := health.NewServer()
	healthServer.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, healthServer)
	vendorpb.RegisterVendorServer(server, foreign{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		fmt.Fprintln(os.Stderr, "stdin ended")
		os.Exit(0)
	}()
	fmt.Printf("1|1|unix|%s|grpc|\n", address)
	fmt.Println(strings.Repeat("more than a pipe holds", 100_000))
	panic(server.Serve(listener))
}

func (foreign) Describe(context.Context, *vendorpb.DescribeRequest) (*vendorpb.DescribeResponse, error) {
	return &vendorpb.DescribeResponse{Name: "foreign", Version: "1.0.0"}, nil
}

func (foreign) Resolve(_ context.Context, r *vendorpb.ResolveRequest) (*vendorpb.ResolveResponse, error) {
	switch r.GetQuery().GetBinary() {
	case "unavailable":
		return nil, status.Error(codes.Unavailable, "upstream is down")
	case "cancelled":
		return nil, status.Error(codes.Canceled, "changed my mind")
	case "large":
		return &vendorpb.ResolveResponse{Refused: []*vendorpb.Refusal{{Reason: strings.Repeat("x", maxMessage)}}}, nil
	default:
		return &vendorpb.ResolveResponse{}, nil
	}
}

func (foreign) Fetch(r *vendorpb.FetchRequest, stream grpc.ServerStreamingServer[vendorpb.FetchResponse]) error {
	switch r.GetQuery().GetBinary() {
	case "phase":
		return stream.Send(
			&vendorpb.FetchResponse{Step: &vendorpb.FetchResponse_Progress{Progress: &vendorpb.Progress{Phase: 9}}},
		)
	case "empty":
		return stream.Send(&vendorpb.FetchResponse{})
	default:
		return nil
	}
}

func TestAVendorFromTheProtoAloneWorks(t *testing.T) {
	p := launch(t, "foreign")
	description, err := p.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, provisioner.Description{Name: "foreign", Version: "1.0.0"}, description)

	for binary, want := range map[string]*provisioner.Error{
		"unavailable": {Kind: provisioner.Unreachable, Vendor: "acme", Message: "upstream is down"},
		"cancelled": {Kind: provisioner.PluginFault, Vendor: "acme", Hint: hintReport,
			Message: "resolve: it reports a cancellation, but nothing was cancelled: changed my mind"},
	} {
		_, err = p.Resolve(t.Context(), provisioner.Query{Binary: binary})
		require.Equal(t, want, err)
	}
	resolution, err := p.Resolve(t.Context(), provisioner.Query{})
	require.NoError(t, err)
	require.Empty(t, resolution)

	require.NoError(t, p.Close())
	require.Contains(t, p.process.stderr.tail.String(), "stdin ended", "it was asked to end, not just killed")
}

func TestAForeignVendorIsNotBelieved(t *testing.T) {
	p := launch(t, "foreign")
	_, err := p.Resolve(t.Context(), provisioner.Query{Binary: "large"})
	requireFault(t, err, "larger than max")
	for binary, part := range map[string]string{
		"":      "without a result",
		"empty": "neither progress nor result",
		"phase": "unknown phase 9",
	} {
		req := fetchRequest(t.TempDir(), "")
		req.Query.Binary = binary
		_, err := p.Fetch(t.Context(), req)
		requireFault(t, err, part)
	}
}
