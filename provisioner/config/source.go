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

// readWorkers reads the sources of one layer. They replace those of earlier layers for the same worker types.
func (l *loader) readWorkers(d *document, v value) {
	seen := map[catalog.WorkerType]entry{}
	d.anyMapping(v, func(e entry) {
		t, err := catalog.ParseWorkerType(e.key)
		if err != nil {
			d.errorf(e.keyAt, "%v", err)
			return
		}
		if first, ok := seen[t]; ok {
			d.errorf(e.keyAt, "%q is the same worker type as %q in line %d", e.key, first.key, first.keyAt.Line)
			return
		}
		seen[t] = e
		d.mapping(e.value, fields{
			"sources": func(v value) {
				read := func(v value) provisioner.Source { return l.source(d, v) }
				l.workers[t] = Worker{Sources: list(d, v, read)}
			},
		}, "sources")
	})
}

func (l *loader) source(d *document, v value) provisioner.Source {
	s := provisioner.Source{
		Contract: provisioner.ContractRbee, Where: fmt.Sprintf("%s:%d:%d", d.file, v.at.Line, v.at.Column),
	}
	with := value{at: v.at, key: "with"}
	d.mapping(v, fields{
		"vendor":     func(v value) { s.Vendor = l.vendorName(d, v) },
		"with":       func(v value) { with = v },
		"binary":     func(v value) { s.Binary = d.text(v, notEmpty, executableName) },
		"contract":   func(v value) { s.Contract = provisioner.Contract(d.text(v, oneOf(contracts))) },
		"launch":     func(v value) { s.Launch = d.launch(v) },
		"fallback":   func(v value) { s.Fallback = d.truth(v) },
		"unverified": func(v value) { s.Unverified = d.truth(v) },
	}, "vendor")
	from, ok := l.vendors[s.Vendor]
	if !ok {
		return s
	}
	var values map[string]any
	if from.description == nil {
		values = d.anyOptions(with)
	} else {
		values = d.options(with, from.description.Options, requiredNames(from.description.Options)...)
	}
	s.Config, s.Build, s.With = from.Config, from.Build, encode(values)
	if !from.firm {
		// Any value may identify the source, or be a secret. The key is recorded, so it has only their hash.
		s.Key = fmt.Sprintf("%s sha256:%x", s.Vendor, sha256.Sum256(fmt.Appendf(nil, "%s\n%s", s.Config, s.With)))
		s.Prerelease = true
		return s
	}
	if missing := from.missing(); len(missing) > 0 && from.file == nil {
		d.wrong(v, "vendor %q needs `vendors: {%s: {config: {%s: …}}}`", s.Vendor, s.Vendor, missing[0])
	}
	s.Prerelease = takesPrereleases(values, from.description.Options)
	identity := identifying(from.config, from.description.Settings)
	maps.Copy(identity, identifying(values, from.description.Options))
	s.Key = s.Vendor + " " + string(encode(identity))
	return s
}

// takesPrereleases returns the value of the option prerelease. A vendor without that option offers only what is wanted.
func takesPrereleases(values map[string]any, schema []provisioner.Option) bool {
	if !slices.ContainsFunc(schema, func(o provisioner.Option) bool { return o.Name == "prerelease" }) {
		return true
	}
	takes, _ := values["prerelease"].(bool)
	return takes
}

// identifying returns the values of the options that distinguish one source from another.
func identifying(values map[string]any, schema []provisioner.Option) map[string]any {
	identity := map[string]any{}
	for _, o := range schema {
		if value, ok := values[o.Name]; ok && o.Identity {
			identity[o.Name] = value
		}
	}
	return identity
}

// vendorName reads the name of a vendor that exists.
func (l *loader) vendorName(d *document, v value) string {
	name := d.text(v, notEmpty)
	if _, ok := l.vendors[name]; !ok && name != "" {
		d.uninstalled = append(d.uninstalled, name)
		d.wrong(v, "%q is neither configured nor installed; known: %s", name,
			strings.Join(slices.Sorted(maps.Keys(l.vendors)), ", "))
	}
	return name
}
