package builtin

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// grants decide what a vendor's process gets and may do.
type grants struct {
	mode  sandbox.Mode
	withs map[string][]json.RawMessage // what sources ask a vendor with, by its name
}

// newGrants are those of a configuration, whose sandbox mode another one may replace.
func newGrants(mode string, cfg *config.Config) (grants, error) {
	g := grants{withs: map[string][]json.RawMessage{}}
	var err error
	if g.mode, err = parseMode(cmp.Or(mode, cfg.Sandbox)); err != nil {
		return g, err
	}
	for _, worker := range cfg.Workers {
		for _, s := range worker.Sources {
			g.withs[s.Vendor] = append(g.withs[s.Vendor], s.With)
		}
	}
	return g, nil
}

// Sandbox tells what a vendor's process is limited to when it is started on this system under a configuration that
// Configuration returned for opts. It asks nobody.
func Sandbox(opts Options, cfg *config.Config, vendor string) (sandbox.Report, error) {
	g, err := newGrants(opts.Sandbox, cfg)
	if err != nil {
		return sandbox.Report{}, err
	}
	command := g.grant(
		plugins.Command{Name: vendor},
		cfg.Descriptions[vendor],
		trustIn(cfg.Vendors, vendor),
		provisioner.Folders{},
	)
	return sandbox.Available(command.Sandbox), nil
}

// Variables are the names of the environment variables that are handed on to a vendor under a configuration. Where it
// is unknown what the vendor declares, they are all that it is granted.
func Variables(cfg *config.Config, vendor string) []string {
	description, isKnown := cfg.Descriptions[vendor]
	if !isKnown {
		return cfg.Vendors[vendor].Env
	}
	return trustIn(cfg.Vendors, vendor).variables(description)
}

// SandboxMode is the mode that vendors are started in. It holds also where the rest of the configuration has mistakes,
// such as a source of a plugin that is yet to be installed.
func SandboxMode(opts Options) (sandbox.Mode, error) {
	text := opts.Sandbox
	if text == "" {
		var err error
		if text, err = config.Sandbox(config.Options{Explicit: opts.Config}); err != nil {
			return "", err
		}
	}
	return parseMode(text)
}

// parseMode reads a sandbox mode; empty is auto.
func parseMode(text string) (sandbox.Mode, error) {
	mode, err := sandbox.ParseMode(cmp.Or(text, string(sandbox.Auto)))
	if err != nil {
		return "", provisioner.Errorf(provisioner.InvalidConfig, "%w", err)
	}
	return mode, nil
}

// trust tells which of a vendor's needs are met.
type trust struct {
	config.Vendor
	isBuiltIn bool
}

// trustIn is that in a vendor by its name. A command that is configured takes the place of a built-in vendor.
func trustIn(configured map[string]config.Vendor, name string) trust {
	v := configured[name]
	return trust{v, IsBuiltIn(name) && v.Command == ""}
}

// variables are the names of the environment variables that a vendor gets: all that are granted to a built-in one,
// beside those that it declares, and of those that any other declares the granted ones.
func (t trust) variables(d provisioner.Description) []string {
	if t.isBuiltIn {
		return slices.Concat(d.Needs.Env, t.Env)
	}
	declared := slices.Concat(d.Needs.Env, namedBy(d.Settings, t.Config))
	return slices.DeleteFunc(slices.Clone(t.Env), func(name string) bool { return !slices.Contains(declared, name) })
}

// namedBy lists the variables that a configuration names as values of a vendor's settings.
func namedBy(settings []provisioner.Option, cfg json.RawMessage) []string {
	var values map[string]json.RawMessage
	_ = json.Unmarshal(cfg, &values) // which config wrote
	var names []string
	for _, o := range settings {
		var list []string
		if o.NamesEnv && json.Unmarshal(values[o.Name], &list) == nil {
			names = append(names, list...)
		}
	}
	return names
}

// grant fills in the environment and the sandbox of a vendor's process.
func (g grants) grant(
	command plugins.Command,
	d provisioner.Description,
	t trust,
	folders provisioner.Folders,
) plugins.Command {
	command.Env = plugins.Environment(t.variables(d)...)
	command.Sandbox = g.rules(command, d, t)
	for _, dir := range []string{folders.Staging, folders.Cache} {
		if dir != "" {
			command.Sandbox.Write = append(command.Sandbox.Write, dir)
		}
	}
	return command
}

// rules limit a vendor's process with the environment of command, but for the folders of one operation.
func (g grants) rules(command plugins.Command, d provisioner.Description, t trust) sandbox.Rules {
	named := addressesOf(append(slices.Clone(g.withs[command.Name]), t.Config)...)
	rules := sandbox.Rules{Mode: g.mode, ExtraWrite: expand(t.WritePaths), NeedsRename: len(d.Needs.Tools) > 0}
	if t.isBuiltIn {
		rules.ExtraWrite = append(rules.ExtraWrite, expand(d.Needs.WritePaths)...)
	}
	if len(d.Needs.ReadPaths) > 0 {
		rules.Read = slices.Concat(expand(d.Needs.ReadPaths), named.paths)
	}
	rules.Ports = slices.Clone(t.Ports)
	if d.Needs.Network {
		rules.Ports = slices.Concat(rules.Ports, webPorts, d.Needs.Ports, named.ports, portsOfVariables(command.Env))
	}
	slices.Sort(rules.Ports)
	rules.Ports = slices.Compact(rules.Ports)
	return rules
}

// DeclaredRules limit a vendor that is asked a query and granted all that it declares, but for the folders of one
// operation. Env is set in its environment, beside the variables that it declares.
func DeclaredRules(mode sandbox.Mode, d provisioner.Description, q provisioner.Query, env []string) sandbox.Rules {
	t := trust{config.Vendor{Config: q.Config, Env: namedBy(d.Settings, q.Config)}, true}
	g := grants{mode: mode, withs: map[string][]json.RawMessage{d.Name: {q.With}}}
	return g.rules(plugins.Command{Name: d.Name, Env: slices.Concat(plugins.Environment(t.variables(d)...), env)}, d, t)
}

// ask has a vendor describe itself in a process that gets nothing and may do nothing.
func (g grants) ask(ctx context.Context, command plugins.Command) (provisioner.Description, error) {
	command.Env, command.Sandbox = plugins.Environment(), sandbox.Rules{Mode: g.mode}
	p, err := plugins.Launch(ctx, command)
	if err != nil {
		return provisioner.Description{}, err
	}
	description, err := p.Describe(ctx)
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	return description, err
}
