package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/rbee-keeper/provision/plugins/internal/wire"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

const defaultDescribeTimeout = 10 * time.Second

// Plugin is a vendor that runs in a process of its own, started by Launch. All its errors are *provisioner.Error and
// name the vendor.
//
// When the context of a call is done, the vendor's process group is killed and the call returns an error of kind
// Cancelled. The Plugin cannot be used after that, nor after a PluginFault that reports a crash or a hang.
type Plugin struct {
	name            string
	folder          string // of the socket; removed at the end
	temp            string // for temporary files; likewise
	process         *vendorProcess
	client          *goplugin.Client
	conn            *grpc.ClientConn
	vendor          vendorpb.VendorClient
	startTimeout    time.Duration
	describeTimeout time.Duration

	closed    atomic.Bool  // Close was called
	terminate func() error // stop, once
}

var _ provisioner.Vendor = (*Plugin)(nil)

// PID returns the number of the vendor's process, which is also the number of its process group.
func (p *Plugin) PID() int { return p.process.cmd.Process.Pid }

// Sandbox reports how the vendor's process is limited.
func (p *Plugin) Sandbox() sandbox.Report {
	p.process.mu.Lock()
	defer p.process.mu.Unlock()
	return p.process.limits
}

// Confinement implements provisioner.Vendor.
func (p *Plugin) Confinement() provisioner.Confinement {
	report := p.Sandbox()
	c := provisioner.Confinement{InForce: report.InForce()}
	if report.Mode == sandbox.Auto && !report.Files {
		c.Lacking = strings.Join(report.Missing, "; ")
	}
	return c
}

// Describe asks the vendor for its description. A vendor that does not answer within 10 seconds is killed.
func (p *Plugin) Describe(ctx context.Context) (provisioner.Description, error) {
	limited, cancel := context.WithTimeout(ctx, p.describeTimeout)
	defer cancel()
	call, cancelCall := withoutDeadline(limited)
	defer cancelCall()
	answer, err := p.vendor.Describe(call, &vendorpb.DescribeRequest{})
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return provisioner.Description{}, p.lost("describe", fmt.Sprintf("no answer within %s", p.describeTimeout))
	}
	if err != nil {
		return provisioner.Description{}, p.explain(ctx, "describe", err)
	}
	description, err := wire.DecodeDescription(answer)
	if err != nil {
		return provisioner.Description{}, p.invalid("describe", err)
	}
	return description, nil
}

// Resolve asks the vendor which releases fit.
func (p *Plugin) Resolve(ctx context.Context, q provisioner.Query) (provisioner.Resolution, error) {
	call, cancel := withoutDeadline(ctx)
	defer cancel()
	answer, err := p.vendor.Resolve(call, &vendorpb.ResolveRequest{Query: wire.EncodeQuery(q)})
	if err != nil {
		return provisioner.Resolution{}, p.explain(ctx, "resolve", err)
	}
	resolution, err := wire.DecodeResolution(answer)
	if err != nil {
		return provisioner.Resolution{}, p.invalid("resolve", err)
	}
	return resolution, nil
}

// Fetch lets the vendor deliver a release. OnProgress is called from this goroutine.
func (p *Plugin) Fetch(ctx context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	call, cancel := withoutDeadline(ctx)
	defer cancel()
	stream, err := p.vendor.Fetch(call, wire.EncodeFetchRequest(req))
	if err != nil {
		return provisioner.Fetched{}, p.explain(ctx, "fetch", err)
	}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return provisioner.Fetched{}, p.invalid("fetch", errors.New("the stream ended without a result"))
		}
		if err != nil {
			return provisioner.Fetched{}, p.explain(ctx, "fetch", err)
		}
		switch step := answer.GetStep().(type) {
		case *vendorpb.FetchResponse_Progress:
			progress, err := wire.DecodeProgress(step.Progress)
			if err != nil {
				return provisioner.Fetched{}, p.invalid("fetch", err)
			}
			req.Report(progress)
		case *vendorpb.FetchResponse_Fetched:
			fetched, err := wire.DecodeFetched(step.Fetched)
			if err != nil {
				return provisioner.Fetched{}, p.invalid("fetch", err)
			}
			return fetched, nil
		default:
			return provisioner.Fetched{}, p.invalid("fetch", errors.New("a message that is neither progress nor result"))
		}
	}
}

// Close ends the vendor: it is asked to, and after a second its process group is killed in any case. Calls that still
// run return an error of kind Cancelled. The error of Close reports a process that could not be killed, or a folder
// that could not be removed. Further calls return the same error.
func (p *Plugin) Close() error {
	p.closed.Store(true)
	return p.terminate()
}

// withoutDeadline drops the deadline of ctx, which gRPC would send to the vendor's clock. The end of ctx is sent as a
// cancellation instead.
func withoutDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	call, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	return call, func() { stop(); cancel() }
}

// stop ends the process and everything that it started, and removes its folders. p.terminate calls it once.
func (p *Plugin) stop() error {
	if p.conn != nil {
		p.askToEnd()
	}
	p.process.kill()
	if p.conn != nil {
		_ = p.conn.Close() // go-plugin's own Close would wait for an answer
	}
	p.client.Kill()
	p.process.socket.close()
	return errors.Join(p.process.survived, os.RemoveAll(p.folder), os.RemoveAll(p.temp))
}

const shutdownMethod = "/plugin.GRPCController/Shutdown"

// askToEnd asks the vendor to end and waits until its output has ended, but no longer than grace.
func (p *Plugin) askToEnd() {
	deadline := time.Now().Add(grace)
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	err := p.conn.Invoke(ctx, shutdownMethod, &emptypb.Empty{}, &emptypb.Empty{})
	if status.Code(err) == codes.Unimplemented {
		_ = p.process.stdinPipe.Close()
	}
	p.process.awaitOutput(time.Until(deadline))
}

// explain turns the error of a call into one that names the vendor and has a kind.
func (p *Plugin) explain(ctx context.Context, call string, err error) error {
	e, explicit := wire.DecodeError(err)
	code := status.Code(err)
	isLost := !explicit && (code == codes.Unavailable || code == codes.Canceled) && ctx.Err() == nil && !p.answers(ctx)
	switch {
	case ctx.Err() != nil:
		return p.terminated(p.errorf(provisioner.Cancelled, "%s: %w", call, context.Cause(ctx)))
	case p.closed.Load():
		return p.errorf(provisioner.Cancelled, "%s: the vendor was closed", call)
	case isLost:
		return p.lost(call, "connection lost")
	case e.Kind == provisioner.Cancelled:
		return p.fault("%s: it reports a cancellation, but nothing was cancelled: %s", call, e.Message).
			WithHint(hintReport)
	default:
		e.Vendor = p.name
		return e
	}
}

// answers reports whether the vendor is healthy, to distinguish its own Unavailable from that of a lost connection.
func (p *Plugin) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	return p.Ping(ctx) == nil
}

// lost ends a vendor that crashed or hangs. Its error describes how the process ended.
func (p *Plugin) lost(call, what string) error {
	ended := p.terminate()
	fate, _ := p.process.fate()
	return withEnd(p.fault("%s: %s: %s", call, what, fate).WithHint(hintReport), ended)
}

// terminated returns e after the vendor has ended.
func (p *Plugin) terminated(e *provisioner.Error) error { return withEnd(e, p.terminate()) }

// withEnd adds to e the error of ending the vendor, if there is one.
func withEnd(e *provisioner.Error, ended error) error {
	if ended != nil {
		e.Message += "; then: " + ended.Error()
	}
	return e
}

const hintReport = "report this to the vendor's author"

func (p *Plugin) invalid(call string, err error) error {
	return p.errorf(provisioner.PluginFault, "%s: invalid answer: %w", call, err).WithHint(hintReport)
}

func (p *Plugin) errorf(kind provisioner.Kind, format string, args ...any) *provisioner.Error {
	e := provisioner.Errorf(kind, format, args...)
	e.Vendor = p.name
	return e
}

// fault is a PluginFault that shows the last lines of the vendor's stderr.
func (p *Plugin) fault(format string, args ...any) *provisioner.Error {
	e := p.errorf(provisioner.PluginFault, format, args...)
	if lines := p.process.stderr.tail.String(); lines != "" {
		e.Message += "\n" + lines
	}
	return e
}
