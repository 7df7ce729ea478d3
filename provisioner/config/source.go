package config

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

var contracts = []string{string(provisioner.ContractRbee), string(provisioner.ContractNone)}

// readWorkers puts the sources of one layer in the place of those that the earlier ones gave to the same types.
func (l *loader) readWorkers(d *document, n node) {
	seen := map[catalog.WorkerType]entry{}
	d.anyMapping(n, func(e entry) {
		t, err := catalog.ParseWorkerType(e.key)
		if err != nil {
			d.errorf(e.at, "%v", err)
			return
		}
		if first, ok := seen[t]; ok {
			d.errorf(e.at, "%q is the same worker type as %q in line %d", e.key, first.key, first.at.line)
			return
		}
		seen[t] = e
		d.mapping(e.value, fields{
			"sources": func(n node) {
				read := func(n node) provisioner.Source { return l.source(d, n) }
				l.workers[t] = Worker{Sources: list(d, n, read)}
			},
		}, "sources")
	})
}

func (l *loader) source(d *document, n node) provisioner.Source {
	s := provisioner.Source{Contract: provisioner.ContractRbee, Where: fmt.Sprintf("%s:%d:%d", d.file, n.at.line, n.at.column)}
	with := node{at: n.at, key: "with"}
	d.mapping(n, fields{
		"vendor":     func(n node) { s.Vendor = l.configured(d, n) },
		"with":       func(n node) { with = n },
		"binary":     func(n node) { s.Binary = d.binary(n) },
		"contract":   func(n node) { s.Contract = provisioner.Contract(d.oneOf(n, contracts)) },
		"launch":     func(n node) { s.Launch = d.launch(n) },
		"fallback":   func(n node) { s.Fallback = d.truth(n) },
		"unverified": func(n node) { s.Unverified = d.truth(n) },
	}, "vendor")
	v, ok := l.vendors[s.Vendor]
	if !ok {
		return s
	}
	s.Config, s.Build = v.Config, v.Build
	var values map[string]any
	if v.description == nil {
		values = d.anyOptions(with)
	} else {
		values = d.options(with, v.description.Options, requiredNames(v.description.Options)...)
	}
	s.With = encode(values)
	if !v.firm {
		// What tells it from others may hold a secret, and the key is recorded.
		s.Key = fmt.Sprintf("%s sha256:%x", s.Vendor, sha256.Sum256(fmt.Appendf(nil, "%s\n%s", s.Config, s.With)))
		s.Prerelease = true
		return s
	}
	if missing := v.missing(); len(missing) > 0 && v.file == nil {
		d.wrong(n, "vendor %q needs `vendors: {%s: {config: {%s: …}}}`", s.Vendor, s.Vendor, missing[0])
	}
	s.Prerelease = takesPrereleases(values, v.description.Options)
	identity := identifying(v.config, v.description.Settings)
	maps.Copy(identity, identifying(values, v.description.Options))
	s.Key = s.Vendor + " " + string(encode(identity))
	return s
}

// takesPrereleases is the value of the option prerelease; a vendor without that option offers nothing that is not wanted.
func takesPrereleases(values map[string]any, schema []provisioner.Option) bool {
	if !slices.ContainsFunc(schema, func(o provisioner.Option) bool { return o.Name == "prerelease" }) {
		return true
	}
	takes, _ := values["prerelease"].(bool)
	return takes
}

// identifying are the values of the options that tell one source from another.
func identifying(values map[string]any, schema []provisioner.Option) map[string]any {
	identity := map[string]any{}
	for _, o := range schema {
		if value, ok := values[o.Name]; ok && o.Identity {
			identity[o.Name] = value
		}
	}
	return identity
}

// configured reads the name of a vendor.
func (l *loader) configured(d *document, n node) string {
	name := d.name(n)
	if _, ok := l.vendors[name]; !ok && n.kind == aString && name != "" {
		d.uninstalled = append(d.uninstalled, name)
		d.wrong(n, "%q is neither configured nor installed; known: %s", name, strings.Join(slices.Sorted(maps.Keys(l.vendors)), ", "))
	}
	return name
}

// binary reads the base name of an executable.
func (d *document) binary(n node) string {
	name := d.name(n)
	switch {
	case name == "." || name == ".." || strings.ContainsAny(name, `/\`):
		d.wrong(n, "want a file's name without folders, not %q", name)
	case strings.HasSuffix(strings.ToLower(name), ".exe"):
		d.wrong(n, "leave .exe off %q; it is added on windows", name)
	}
	return name
}
