package plugins

import (
	"errors"
	"fmt"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

func descriptionToWire(d provisioner.Description) *vendorpb.DescribeResponse {
	return &vendorpb.DescribeResponse{
		Name:     d.Name,
		Version:  d.Version,
		Options:  optionsToWire(d.Options),
		Settings: optionsToWire(d.Settings),
		Needs:    needsToWire(d.Needs),
	}
}

func descriptionFromWire(d *vendorpb.DescribeResponse) (provisioner.Description, error) {
	if d.GetName() == "" {
		return provisioner.Description{}, errors.New("no name")
	}
	if _, err := catalog.ParseVersion(d.GetVersion()); err != nil {
		return provisioner.Description{}, err
	}
	options, err := optionsFromWire(d.GetOptions())
	if err != nil {
		return provisioner.Description{}, err
	}
	settings, err := optionsFromWire(d.GetSettings())
	if err != nil {
		return provisioner.Description{}, err
	}
	needs, err := needsFromWire(d.GetNeeds())
	if err != nil {
		return provisioner.Description{}, err
	}
	return provisioner.Description{
		Name:     d.GetName(),
		Version:  d.GetVersion(),
		Options:  options,
		Settings: settings,
		Needs:    needs,
	}, nil
}

func optionsToWire(options []provisioner.Option) []*vendorpb.Option {
	var list []*vendorpb.Option
	for _, o := range options {
		list = append(list, &vendorpb.Option{
			Name:     o.Name,
			Kind:     optionKinds[o.Kind],
			Help:     text(o.Help),
			Required: o.Required,
			Identity: o.Identity,
			NamesEnv: o.NamesEnv,
			Values:   o.Values,
		})
	}
	return list
}

func optionsFromWire(list []*vendorpb.Option) ([]provisioner.Option, error) {
	var options []provisioner.Option
	for i, o := range list {
		kind, ok := optionKinds.read(o.GetKind())
		if !ok || o.GetName() == "" {
			return nil, fmt.Errorf("option %d %q: unknown kind %s, or no name", i, o.GetName(), o.GetKind())
		}
		options = append(options, provisioner.Option{
			Name:     o.GetName(),
			Kind:     kind,
			Help:     o.GetHelp(),
			Required: o.GetRequired(),
			Identity: o.GetIdentity(),
			NamesEnv: o.GetNamesEnv(),
			Values:   o.GetValues(),
		})
	}
	return options, nil
}
