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
	"github.com/rbee-keeper/provision/provisioner"
)

const maxNameLength = 64

var vendorName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// IsVendorName reports whether a vendor may be called so: lower-case words joined by hyphens, 64 bytes at most.
func IsVendorName(name string) bool {
	return len(name) <= maxNameLength && vendorName.MatchString(name)
}

// vendor is a vendor as far as the layers were read.
type vendor struct {
	Vendor
	description *provisioner.Description // nil if nothing is known
	firm        bool                     // the description does not come and go: what is installed may depend on it
	config      map[string]any
	configs     []place // the layers' `config`, which are read when it is known what describes the vendor
	// file and at are where the last layer that speaks of it does so; no file if none does.
	file *document
	at   position
}

// place is a value in a layer.
type place struct {
	file *document
	node node
}

// readVendors merges the vendors of one layer into those of the earlier ones.
func (l *loader) readVendors(d *document, n node) {
	d.anyMapping(n, func(e entry) {
		if !IsVendorName(e.key) {
			d.errorf(e.at, "malformed vendor name %q: want lower-case words joined by hyphens", e.key)
			return
		}
		v := l.vendors[e.key]
		if v == nil {
			v = &vendor{config: map[string]any{}}
			l.vendors[e.key] = v
		}
		v.file, v.at = d, e.at
		readVendor(d, e.value, v)
	})
}

func readVendor(d *document, n node, v *vendor) {
	d.mapping(n, fields{
		"command":     func(n node) { v.Command = d.command(n) },
		"args":        func(n node) { v.Args = list(d, n, d.text) },
		"sha256":      func(n node) { v.SHA256 = d.sha256(n) },
		"build":       func(n node) { v.Build = d.truth(n) },
		"env":         func(n node) { v.Env = list(d, n, d.variable) },
		"ports":       func(n node) { v.Ports = list(d, n, d.port) },
		"write_paths": func(n node) { v.WritePaths = list(d, n, d.path) },
		"config":      func(n node) { v.configs = append(v.configs, place{d, n}) },
	})
}

// addInstalled makes vendors of the installed plugins that no layer speaks of.
func (l *loader) addInstalled() {
	for name := range l.opts.Installed {
		if l.vendors[name] == nil {
			l.vendors[name] = &vendor{config: map[string]any{}}
		}
	}
}

// describe finds what is known of a vendor.
func (l *loader) describe(name string, v *vendor) {
	description, firm := l.opts.Schemas[name]
	if !firm && v.Command == "" {
		description, firm = l.opts.Installed[name]
	}
	known := firm
	if !firm && v.Command != "" && v.SHA256 != "" && l.opts.Described != nil {
		description, known = l.opts.Described(v.SHA256)
	}
	if known {
		v.description, v.firm = &description, firm
	}
}

// checkVendors refuses what only the layers together show, and completes the vendors.
func (l *loader) checkVendors() {
	for name, v := range l.vendors {
		l.describe(name, v)
		switch {
		case v.Command == "" && v.description == nil:
			v.file.errorf(v.at, "%s (a plugin has to be installed, or to have a command)",
				unknown("vendor", name, l.known()))
		case v.Command == "" && (v.SHA256 != "" || len(v.Args) > 0):
			v.file.errorf(v.at, "vendor %q has sha256 or args, but no command that they are for", name)
		}
		v.readConfigs()
		for _, setting := range v.missing() {
			if v.file != nil { // else the sources that name it tell
				v.file.errorf(v.at, "vendor %q: config: missing key %q", name, setting)
			}
		}
		v.Config = encode(v.config)
	}
}

// known lists the vendors that need no command.
func (l *loader) known() []string {
	names := slices.Concat(slices.Collect(maps.Keys(l.opts.Schemas)), slices.Collect(maps.Keys(l.opts.Installed)))
	slices.Sort(names)
	return slices.Compact(names)
}

// readConfigs merges the vendor's own configuration of all layers.
func (v *vendor) readConfigs() {
	for _, c := range v.configs {
		if v.description != nil {
			merge(v.config, c.file.options(c.node, v.description.Settings))
		} else {
			merge(v.config, c.file.anyOptions(c.node))
		}
	}
	if !v.firm {
		return
	}
	for _, o := range v.description.Settings {
		if names, ok := v.config[o.Name].([]string); ok && o.NamesEnv {
			v.Env = append(slices.Clone(v.Env), names...)
		}
	}
}

// missing lists the settings that the vendor requires and does not have.
func (v *vendor) missing() []string {
	if v.description == nil {
		return nil
	}
	return slices.DeleteFunc(requiredNames(v.description.Settings), func(setting string) bool {
		_, ok := v.config[setting]
		return ok
	})
}

// command reads the path of an executable.
func (d *document) command(n node) string {
	path := d.name(n)
	if n.kind == aString && path != "" && !filepath.IsAbs(path) {
		d.wrong(n, "want an absolute path, not %q: nothing is looked up in PATH or the working folder", path)
	}
	return path
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
