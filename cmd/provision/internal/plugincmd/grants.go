package plugincmd

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/rbee-keeper/provision/plugins/builtin"
)

// readConfiguration fills in what the configuration contains about a plugin. Problem describes what can't be read.
func (info *pluginInfo) readConfiguration(opts builtin.Options) {
	info.Granted = grants{Env: []string{}, Config: []string{}, Ports: []uint16{}, WritePaths: []string{}}
	info.ToGrant, info.UsedBy = []string{}, []pluginUse{}
	cfg, err := builtin.Configuration(opts)
	if err != nil {
		info.Problem = "what is granted is unknown, since the configuration is wrong: " +
			strings.ReplaceAll(err.Error(), "\n", "; ")
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

// missingGrants returns what the plugin declares and the configuration does not grant, as YAML to add to the
// configuration.
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

// grantable returns the paths that can be copied into the configuration. Others begin with a variable.
func grantable(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return strings.HasPrefix(path, "$") })
}

// oneLine describes an object by those of its JSON keys that have a value: "build; env: A, B".
func oneLine(object any) string {
	var values map[string]any
	data, err := json.Marshal(object)
	if err != nil || json.Unmarshal(data, &values) != nil {
		return ""
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		switch value := fmt.Sprint(values[key]); value {
		case "false", "[]", "<nil>":
		case "true":
			parts = append(parts, key)
		default:
			parts = append(parts, key+": "+strings.Join(strings.Fields(strings.Trim(value, "[]")), ", "))
		}
	}
	return printable(strings.Join(parts, "; "))
}

// keysOf returns the keys of a JSON object, sorted.
func keysOf(object json.RawMessage) []string {
	var values map[string]json.RawMessage
	if json.Unmarshal(object, &values) != nil {
		return []string{}
	}
	return append([]string{}, slices.Sorted(maps.Keys(values))...)
}

// without returns the elements of a list that are not in another.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// printable replaces the control characters in a text of a plugin, which a terminal would execute.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s)
}
