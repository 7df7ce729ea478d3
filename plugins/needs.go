package plugins

import (
	"fmt"
	"math"

	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

func needsToWire(n provisioner.Needs) *vendorpb.Needs {
	wire := &vendorpb.Needs{
		Network: n.Network, Tools: n.Tools, Env: n.Env, ReadPaths: n.ReadPaths, WritePaths: n.WritePaths,
	}
	for _, port := range n.Ports {
		wire.Ports = append(wire.Ports, uint32(port))
	}
	return wire
}

func needsFromWire(wire *vendorpb.Needs) (provisioner.Needs, error) {
	n := provisioner.Needs{
		Network: wire.GetNetwork(), Tools: wire.GetTools(), Env: wire.GetEnv(),
		ReadPaths: wire.GetReadPaths(), WritePaths: wire.GetWritePaths(),
	}
	for _, port := range wire.GetPorts() {
		if port == 0 || port > math.MaxUint16 {
			return provisioner.Needs{}, fmt.Errorf("needs: there is no port %d", port)
		}
		n.Ports = append(n.Ports, uint16(port))
	}
	return n, nil
}
