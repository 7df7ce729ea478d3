package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// readConfiguration fills in what the configuration says of a plugin, as far as it can be read.
func (info *pluginInfo) readConfiguration(opts builtin.Options) {
	info.Granted = grants{Env: []string{}, Config: []string{}, Ports: []uint16{}, WritePaths: []string{}}
	info.ToGrant, info.UsedBy = []string{}, []pluginUse{}
	cfg, err := builtin.Configuration(opts)
	if err != nil {
		info.Problem = "what is granted is unknown, since the configuration is wrong: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		return
	}
	report, err := builtin.Sandbox(opts, cfg, info.Name)
	if err != nil {
		info.Problem = err.Error()
		return
	}
	info.Sandbox = &report
	v := cfg.Vendors[info.Name]
	info.Granted = grants{
		Build: v.Build, Env: slices.Concat([]string{}, builtin.Variables(cfg, info.Name)), Config: keysOf(v.Config),
		Ports: slices.Concat([]uint16{}, v.Ports), WritePaths: slices.Concat([]string{}, v.WritePaths),
	}
	info.UndeclaredEnv = without(v.Env, info.Granted.Env)
	info.ToGrant = info.missingGrants()
	for _, t := range slices.Sorted(maps.Keys(cfg.Workers)) {
		for _, s := range cfg.Workers[t].Sources {
			if s.Vendor == info.Name {
				info.UsedBy = append(info.UsedBy, pluginUse{t.String(), s.Where})
			}
		}
	}
	if v.Command != "" {
		info.Problem = "it is not used: `vendors." + info.Name + ".command` names another executable"
	}
}

// missingGrants are what the plugin can't do without, or may want, and the configuration lacks: YAML to put there.
func (info pluginInfo) missingGrants() []string {
	missing := []string{}
	grant := func(format string, args ...any) {
		missing = append(missing, fmt.Sprintf("vendors: {%s: {%s}}", info.Name, fmt.Sprintf(format, args...)))
	}
	if env := without(info.Needs.Env, info.Granted.Env); len(env) > 0 {
		grant("env: [%s]", printable(strings.Join(env, ", ")))
	}
	if paths := without(grantable(info.Needs.WritePaths), info.Granted.WritePaths); len(paths) > 0 {
		grant("write_paths: [%s]", printable(strings.Join(paths, ", ")))
	}
	for _, o := range info.Settings {
		if o.Required && !slices.Contains(info.Granted.Config, o.Name) {
			grant("config: {%s: …}", printable(o.Name))
		}
	}
	return missing
}

// grantable are the paths that the configuration takes as they are declared; others begin with a variable.
func grantable(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return strings.HasPrefix(path, "$") })
}

// text is the grants on one line.
func (g grants) text() string {
	var parts []string
	if g.Build {
		parts = append(parts, "build")
	}
	if len(g.Env) > 0 {
		parts = append(parts, "env: "+strings.Join(g.Env, ", "))
	}
	if len(g.Ports) > 0 {
		parts = append(parts, "ports: "+strings.Join(strings.Fields(strings.Trim(fmt.Sprint(g.Ports), "[]")), ", "))
	}
	if len(g.WritePaths) > 0 {
		parts = append(parts, "write_paths: "+strings.Join(g.WritePaths, ", "))
	}
	if len(g.Config) > 0 {
		parts = append(parts, "config: "+strings.Join(g.Config, ", "))
	}
	return strings.Join(parts, "; ")
}

// needsText is what a vendor declares, on one line, by the keys that it has in JSON.
func needsText(needs provisioner.Needs) string {
	var values map[string]any
	data, err := json.Marshal(needs)
	if err != nil || json.Unmarshal(data, &values) != nil {
		return ""
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		switch value := values[key].(type) {
		case bool:
			parts = append(parts, key)
		case []any:
			parts = append(parts, key+": "+strings.Trim(strings.Join(strings.Fields(fmt.Sprint(value)), ", "), "[]"))
		default:
			parts = append(parts, fmt.Sprintf("%s: %v", key, value))
		}
	}
	return printable(strings.Join(parts, "; "))
}

// keysOf lists the keys of a JSON object, in order.
func keysOf(object json.RawMessage) []string {
	var values map[string]json.RawMessage
	if json.Unmarshal(object, &values) != nil {
		return []string{}
	}
	keys := slices.AppendSeq([]string{}, maps.Keys(values))
	slices.Sort(keys)
	return keys
}

// without is the part of a list that is not in another.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// printable replaces what a terminal would obey, in text of a plugin.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s)
}

// acceptPlugin refuses a plugin whose name another vendor has.
func (a *app) acceptPlugin(d provisioner.Description) error {
	taken := provisioner.Errorf(provisioner.InvalidConfig, "install plugin: the name %s is taken", d.Name)
	if builtin.IsBuiltIn(d.Name) {
		return taken.WithHint("a built-in vendor has it; to run another executable in its place, configure it: `vendors: {%s: {command: PATH}}`", d.Name)
	}
	cfg, err := builtin.Configuration(a.options())
	if err != nil {
		return nil // it may name this plugin; if it gives the name a command, that one is used
	}
	if v, ok := cfg.Vendors[d.Name]; ok && v.Command != "" {
		return taken.WithHint("the configuration gives it the command %s; take that out to use the plugin", configuredCommand(v))
	}
	return nil
}

func configuredCommand(v config.Vendor) string {
	return strings.Join(append([]string{v.Command}, v.Args...), " ")
}
