package plugins

import (
	"context"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/rbee-keeper/provision/plugins/vendorpb"
)

// The handshake. The cookie tells a vendor that a host started it; it protects nothing.
const (
	MagicCookieKey   = "PROVISION_VENDOR_PLUGIN"
	MagicCookieValue = "b1c5f2a86d6e4f0f9a37"
	// ProtocolVersion is the version of vendor.proto.
	ProtocolVersion = 1
)

// serviceName is the key of the vendor in go-plugin's set.
const serviceName = "vendor"

const (
	maxMessage = 4 << 20 // bytes of one gRPC message, either way

	// grace is how long a vendor may take to end when it is asked to.
	grace = time.Second
)

var handshake = goplugin.HandshakeConfig{MagicCookieKey: MagicCookieKey, MagicCookieValue: MagicCookieValue}

// versions is what this package speaks: one set per version of the protocol. The host has no server.
func versions(s *server) map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{ProtocolVersion: {serviceName: &bridge{server: s}}}
}

// bridge ties vendor.proto to go-plugin.
type bridge struct {
	goplugin.NetRPCUnsupportedPlugin
	server *server
}

var _ goplugin.GRPCPlugin = (*bridge)(nil)

func (b *bridge) GRPCServer(_ *goplugin.GRPCBroker, registrar *grpc.Server) error {
	vendorpb.RegisterVendorServer(registrar, b.server)
	return nil
}

func (b *bridge) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return vendorpb.NewVendorClient(conn), nil
}
