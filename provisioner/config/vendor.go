package config

import (
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

const maxNameLength = 64

var vendorName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// vendor is a vendor as far as the layers were read.
type vendor struct {
	Vendor
	config map[string]any
	// file and at are where the last layer that speaks of it does so.
	file *document
	at   position
}

// readVendors merges the vendors of one layer into those of the earlier ones.
func (l *loader) readVendors(d *document, n node) {
	d.anyMapping(n, func(e entry) {
		if !vendorName.MatchString(e.key) || len(e.key) > maxNameLength {
			d.errorf(e.at, "malformed vendor name %q: want lower-case words joined by hyphens", e.key)
			return
		}
		v := l.vendors[e.key]
		if v == nil {
			v = &vendor{config: map[string]any{}}
			l.vendors[e.key] = v
		}
		v.file, v.at = d, e.at
		l.readVendor(d, e.key, e.value, v)
	})
}

func (l *loader) readVendor(d *document, name string, n node, v *vendor) {
	d.mapping(n, fields{
		"command":     func(n node) { v.Command = d.name(n) },
		"args":        func(n node) { v.Args = list(d, n, d.text) },
		"sha256":      func(n node) { v.SHA256 = d.sha256(n) },
		"build":       func(n node) { v.Build = d.truth(n) },
		"env":         func(n node) { v.Env = list(d, n, d.variable) },
		"ports":       func(n node) { v.Ports = list(d, n, d.port) },
		"write_paths": func(n node) { v.WritePaths = list(d, n, d.path) },
		"config": func(n node) {
			if schema, ok := l.schemas[name]; ok {
				merge(v.config, d.options(n, schema.Settings))
			} else {
				merge(v.config, d.anyOptions(n))
			}
		},
	})
}

// checkVendors refuses what only the layers together show, and completes the vendors.
func (l *loader) checkVendors() {
	for name, v := range l.vendors {
		schema, described := l.schemas[name]
		switch {
		case v.Command == "" && !described:
			v.file.errorf(v.at, "%s (a plugin needs a command)", unknown("vendor", name, slices.Sorted(maps.Keys(l.schemas))))
		case v.Command == "" && (v.SHA256 != "" || len(v.Args) > 0):
			v.file.errorf(v.at, "vendor %q has sha256 or args, but no command that they are for", name)
		}
		for _, o := range schema.Settings {
			if names, ok := v.config[o.Name].([]string); ok && o.NamesEnv {
				v.Env = append(slices.Clone(v.Env), names...)
			}
		}
		for _, setting := range requiredNames(schema.Settings) {
			if _, ok := v.config[setting]; !ok {
				v.file.errorf(v.at, "vendor %q: config: missing key %q", name, setting)
			}
		}
		v.Config = encode(v.config)
	}
}

// sha256 reads a digest's digits, which YAML may take for a number, with or without their algorithm.
func (d *document) sha256(n node) catalog.Digest {
	switch n.kind {
	case aString, anInteger, aNumber:
	default:
		d.wrong(n, "want a string, not %s", n.kind)
		return ""
	}
	digest, err := catalog.ParseDigest("sha256:" + strings.TrimPrefix(n.text, "sha256:"))
	if err != nil {
		d.wrong(n, "want the 64 hex digits of a SHA-256, not %q", n.text)
	}
	return digest
}

// port reads the number of a TCP port.
func (d *document) port(n node) uint16 {
	number, err := strconv.ParseUint(n.text, 10, 16)
	if n.kind != anInteger || err != nil || number == 0 {
		d.wrong(n, "want the number of a port, from 1 to %d", math.MaxUint16)
	}
	return uint16(number)
}

// path reads an absolute path, or one in the user's home.
func (d *document) path(n node) string {
	s := d.name(n)
	if s != "" && !filepath.IsAbs(s) && !strings.HasPrefix(s, "~/") {
		d.wrong(n, `want an absolute path, or one that begins with "~/", not %q`, s)
	}
	return s
}

// variable reads the name of an environment variable.
func (d *document) variable(n node) string {
	name := d.name(n)
	if strings.Contains(name, "=") {
		d.wrong(n, "want a variable's name, without a value")
	}
	return name
}
