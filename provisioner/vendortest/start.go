package vendortest

import (
	"context"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// handshakeLimit is how long the host waits for a vendor to start.
const handshakeLimit = 10 * time.Second

// checkHandshake starts the vendor without any variable of the environment.
func checkHandshake(ctx context.Context, s *session) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeLimit)
	defer cancel()
	v, err := s.Open(ctx, s.launch(provisioner.Folders{}, nil))
	if err != nil {
		return failf("%v", err)
	}
	s.started = true
	return v.Close()
}

func checkHealth(ctx context.Context, s *session) error {
	if err := s.needStart(); err != nil {
		return err
	}
	v, err := s.Open(ctx, s.launch(provisioner.Folders{}, nil))
	if err != nil {
		return failf("start: %v", err)
	}
	defer v.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := v.Ping(ctx); err != nil {
		return failf("%v", err)
	}
	return nil
}
