package plugins

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/rbee-keeper/provision/plugins/internal/wire"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// server answers the host's calls from a VendorSource.
type server struct {
	vendorpb.UnimplementedVendorServer
	source  provisioner.VendorSource
	running sync.RWMutex // held for reading by every call that runs
}

var _ vendorpb.VendorServer = (*server)(nil)

func (s *server) Describe(ctx context.Context, _ *vendorpb.DescribeRequest) (*vendorpb.DescribeResponse, error) {
	s.running.RLock()
	defer s.running.RUnlock()
	description, err := s.source.Describe(ctx)
	if err != nil {
		return nil, wire.EncodeError(err)
	}
	return wire.EncodeDescription(description), nil
}

func (s *server) Resolve(ctx context.Context, r *vendorpb.ResolveRequest) (*vendorpb.ResolveResponse, error) {
	s.running.RLock()
	defer s.running.RUnlock()
	query, err := wire.DecodeQuery(r.GetQuery())
	if err != nil {
		return nil, wire.EncodeError(provisioner.Errorf(provisioner.InvalidConfig, "read query: %w", err))
	}
	resolution, err := s.source.Resolve(ctx, query)
	if err != nil {
		return nil, wire.EncodeError(err)
	}
	return wire.EncodeResolution(resolution), nil
}

func (s *server) Fetch(r *vendorpb.FetchRequest, stream grpc.ServerStreamingServer[vendorpb.FetchResponse]) error {
	s.running.RLock()
	defer s.running.RUnlock()
	request, err := wire.DecodeFetchRequest(r)
	if err != nil {
		return wire.EncodeError(provisioner.Errorf(provisioner.InvalidConfig, "read request: %w", err))
	}
	progress := newThrottle(progressInterval, func(p provisioner.Progress) {
		// An error means that the stream is over; its context tells the source.
		_ = stream.Send(
			&vendorpb.FetchResponse{Step: &vendorpb.FetchResponse_Progress{Progress: wire.EncodeProgress(p)}},
		)
	})
	request.OnProgress = progress.report
	fetched, err := s.source.Fetch(stream.Context(), request)
	progress.finish()
	if err != nil {
		return wire.EncodeError(err)
	}
	return stream.Send(
		&vendorpb.FetchResponse{Step: &vendorpb.FetchResponse_Fetched{Fetched: wire.EncodeFetched(fetched)}},
	)
}

// await waits until no call runs, but no longer than limit.
func (s *server) await(limit time.Duration) {
	idle := make(chan struct{})
	go func() {
		s.running.Lock()
		defer s.running.Unlock()
		close(idle)
	}()
	select {
	case <-idle:
	case <-time.After(limit):
	}
}
