//go:build linux

package plugintest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
)

// rough is a vendor made from vendor.proto alone, as one in another language is. Its flaw is what it does not get
// right.
type rough struct {
	vendorpb.UnimplementedVendorServer
	flaw string
}

// serveRough serves it, on a system with Unix sockets.
func serveRough(flaw string) {
	if os.Getenv(plugins.MagicCookieKey) != plugins.MagicCookieValue {
		os.Exit(1)
	}
	if flaw == "handshake" {
		fmt.Println("hello")
		time.Sleep(time.Hour)
	}
	address := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "socket")
	listener, err := net.Listen("unix", address)
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	if flaw != "health" {
		healthServer := health.NewServer()
		healthServer.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
		grpc_health_v1.RegisterHealthServer(server, healthServer)
	}
	vendorpb.RegisterVendorServer(server, rough{flaw: flaw})
	go endWithHost(flaw)
	fmt.Printf("1|1|unix|%s|grpc|\n", address)
	switch flaw {
	case "stdout":
		fmt.Println("listening")
	case "stderr":
		fmt.Fprintln(os.Stderr, "caf\xe9")
	}
	panic(server.Serve(listener))
}

// endWithHost exits when stdin ends. Without Shutdown the host ends stdin to end the vendor.
func endWithHost(flaw string) {
	_, _ = io.Copy(io.Discard, os.Stdin)
	if flaw == "stop" {
		time.Sleep(time.Hour)
	}
	os.Exit(0)
}

func (rough) Describe(context.Context, *vendorpb.DescribeRequest) (*vendorpb.DescribeResponse, error) {
	return &vendorpb.DescribeResponse{Name: "rough", Version: "1.0.0"}, nil
}

func (rough) Resolve(_ context.Context, r *vendorpb.ResolveRequest) (*vendorpb.ResolveResponse, error) {
	for key, data := range map[string][]byte{"with": r.GetQuery().GetWith(), "config": r.GetQuery().GetConfig()} {
		if text := string(bytes.TrimSpace(data)); text != "" && text != "{}" {
			return nil, status.Errorf(codes.InvalidArgument, "%s: there are no keys", key)
		}
	}
	if r.GetQuery().GetArch() == "pdp11" {
		return &vendorpb.ResolveResponse{}, nil
	}
	return &vendorpb.ResolveResponse{Releases: []*vendorpb.Release{{
		Version: "1.0.0", Integrity: vendorpb.Integrity_INTEGRITY_NONE,
		Files: []*vendorpb.File{{Name: "worker", Size: fileSize}},
	}}}, nil
}

const (
	fileSize = 1 << 20
	events   = 100
)

func (v rough) Fetch(r *vendorpb.FetchRequest, stream grpc.ServerStreamingServer[vendorpb.FetchResponse]) error {
	switch v.flaw {
	case "host-gone":
		startSleeper(&syscall.SysProcAttr{})
	case "leftovers":
		startSleeper(&syscall.SysProcAttr{Setsid: true})
	case "temp":
		_, _ = os.MkdirTemp("", "unpacked-")
	}
	count := 8
	if v.flaw == "rate" {
		count = events
	}
	for i := range count {
		progress := &vendorpb.Progress{
			Phase: vendorpb.Phase_PHASE_DOWNLOAD,
			File:  "worker",
			Done:  int64(i),
			Total: fileSize,
		}
		step := &vendorpb.FetchResponse_Progress{Progress: progress}
		if err := stream.Send(&vendorpb.FetchResponse{Step: step}); err != nil {
			return err
		}
		select {
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		case <-time.After(time.Millisecond):
		}
	}
	err := os.WriteFile(filepath.Join(r.GetDir(), "worker"), []byte(strings.Repeat("x", fileSize)), 0o600)
	if err != nil {
		return err
	}
	return stream.Send(&vendorpb.FetchResponse{Step: &vendorpb.FetchResponse_Fetched{Fetched: &vendorpb.Fetched{
		Files: []string{"worker"},
	}}})
}

// startSleeper starts a process that outlives the vendor, without its streams.
func startSleeper(attributes *syscall.SysProcAttr) {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	sleeper := exec.Command(path)
	sleeper.Env = append(os.Environ(), roleVariable+"=sleeper")
	sleeper.SysProcAttr = attributes
	if err := sleeper.Start(); err != nil {
		panic(err)
	}
}
