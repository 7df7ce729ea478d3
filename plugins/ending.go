package plugins

import (
	"context"
	"fmt"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// This file is for tests of vendors: whether a vendor reports that it serves, and how it ends.

// Ping asks the vendor's health service whether it serves.
func (p *Plugin) Ping(ctx context.Context) error {
	request := &grpc_health_v1.HealthCheckRequest{Service: goplugin.GRPCServiceName}
	answer, err := grpc_health_v1.NewHealthClient(p.conn).Check(ctx, request)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	if status := answer.GetStatus(); status != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("ask for health: the vendor reports %s", status)
	}
	return nil
}

// CloseStdin closes the vendor's stdin, as the end of the host does, and waits one second for the vendor to end. It
// reports whether the vendor ended. Processes that the vendor started run on until Close, which must still be called.
func (p *Plugin) CloseStdin() bool {
	p.closed.Store(true)
	_ = p.process.stdinPipe.Close()
	return p.process.awaitOutput(grace)
}

// EndedItself reports, once Close or a cancelled call has returned, whether the vendor had ended before it would have
// been killed.
func (p *Plugin) EndedItself() bool {
	select {
	case <-p.process.dead:
		return p.process.endedOut
	default:
		return false
	}
}
