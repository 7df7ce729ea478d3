package wire

import (
	"errors"
	"fmt"
	"math"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// EncodeDescription encodes the answer to Describe.
func EncodeDescription(d provisioner.Description) *vendorpb.DescribeResponse {
	return &vendorpb.DescribeResponse{
		Name:     d.Name,
		Version:  d.Version,
		Options:  encodeAll(d.Options, encodeOption),
		Settings: encodeAll(d.Settings, encodeOption),
		Needs:    encodeNeeds(d.Needs),
	}
}

// DecodeDescription decodes and checks the answer to Describe.
func DecodeDescription(m *vendorpb.DescribeResponse) (provisioner.Description, error) {
	if m.GetName() == "" {
		return provisioner.Description{}, errors.New("no name")
	}
	_, versionErr := catalog.ParseVersion(m.GetVersion())
	options, optionsErr := decodeAll("option", m.GetOptions(), decodeOption)
	settings, settingsErr := decodeAll("setting", m.GetSettings(), decodeOption)
	needs, needsErr := decodeNeeds(m.GetNeeds())
	if err := errors.Join(versionErr, optionsErr, settingsErr, needsErr); err != nil {
		return provisioner.Description{}, err
	}
	return provisioner.Description{
		Name: m.GetName(), Version: m.GetVersion(), Options: options, Settings: settings, Needs: needs,
	}, nil
}

func encodeOption(o provisioner.Option) *vendorpb.Option {
	return &vendorpb.Option{
		Name:     o.Name,
		Kind:     optionKinds[o.Kind],
		Help:     Sanitize(o.Help),
		Required: o.Required,
		Identity: o.Identity,
		NamesEnv: o.NamesEnv,
		Values:   o.Values,
	}
}

func decodeOption(m *vendorpb.Option) (provisioner.Option, error) {
	kind, ok := optionKinds.decode(m.GetKind())
	if !ok || m.GetName() == "" {
		return provisioner.Option{}, fmt.Errorf("%q: unknown kind %s, or no name", m.GetName(), m.GetKind())
	}
	return provisioner.Option{
		Name:     m.GetName(),
		Kind:     kind,
		Help:     m.GetHelp(),
		Required: m.GetRequired(),
		Identity: m.GetIdentity(),
		NamesEnv: m.GetNamesEnv(),
		Values:   m.GetValues(),
	}, nil
}

func encodeNeeds(n provisioner.Needs) *vendorpb.Needs {
	return &vendorpb.Needs{
		Network: n.Network, Tools: n.Tools, Env: n.Env, ReadPaths: n.ReadPaths, WritePaths: n.WritePaths,
		Ports: encodeAll(n.Ports, func(port uint16) uint32 { return uint32(port) }),
	}
}

func decodeNeeds(m *vendorpb.Needs) (provisioner.Needs, error) {
	ports, err := decodeAll("port", m.GetPorts(), func(port uint32) (uint16, error) {
		if port == 0 || port > math.MaxUint16 {
			return 0, fmt.Errorf("%d is not a port number", port)
		}
		return uint16(port), nil
	})
	return provisioner.Needs{
		Network: m.GetNetwork(), Tools: m.GetTools(), Env: m.GetEnv(), Ports: ports,
		ReadPaths: m.GetReadPaths(), WritePaths: m.GetWritePaths(),
	}, err
}
