package config

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const maxNameLength = 64 // bytes

var vendorName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// IsVendorName reports whether a name is valid for a vendor: lower-case words joined by hyphens, at most 64 bytes.
func IsVendorName(name string) bool {
	return len(name) <= maxNameLength && vendorName.MatchString(name)
}

// vendor is a vendor as the layers that were read so far configure it.
type vendor struct {
	Vendor
	description *provisioner.Description // nil if it is unknown
	firm        bool                     // the description is always known: keys of installed entries may depend on it
	config      map[string]any
	configs     []setting      // the `config` of each layer; read when the description is known
	file        *document      // the last layer that has the vendor; nil if none does
	at          token.Position // in that file
}

// setting is a value in a layer.
type setting struct {
	file  *document
	value value
}

// readVendors merges the vendors of one layer into those of the earlier ones.
func (l *loader) readVendors(d *document, v value) {
	d.anyMapping(v, func(e entry) {
		if !IsVendorName(e.key) {
			d.errorf(e.keyAt, "malformed vendor name %q: want lower-case words joined by hyphens", e.key)
			return
		}
		v := l.vendors[e.key]
		if v == nil {
			v = &vendor{config: map[string]any{}}
			l.vendors[e.key] = v
		}
		v.file, v.at = d, e.keyAt
		readVendor(d, e.value, v)
	})
}

func readVendor(d *document, v value, to *vendor) {
	d.mapping(v, fields{
		"command":     func(v value) { to.Command = d.text(v, notEmpty, absolutePath) },
		"args":        func(v value) { to.Args = list(d, v, d.textBy()) },
		"sha256":      func(v value) { to.SHA256 = d.digest(v) },
		"build":       func(v value) { to.Build = d.truth(v) },
		"env":         func(v value) { to.Env = list(d, v, d.textBy(notEmpty, variableName)) },
		"ports":       func(v value) { to.Ports = list(d, v, d.port) },
		"write_paths": func(v value) { to.WritePaths = list(d, v, d.textBy(notEmpty, absoluteOrHomePath)) },
		"config":      func(v value) { to.configs = append(to.configs, setting{d, v}) },
	})
}

// addInstalled adds the installed plugins that no layer configures.
func (l *loader) addInstalled() {
	for name := range l.opts.Installed {
		if l.vendors[name] == nil {
			l.vendors[name] = &vendor{config: map[string]any{}}
		}
	}
}

// describe finds the description of a vendor.
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

// checkVendors completes the vendors, and reports mistakes that only the layers together show.
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
			if v.file != nil { // otherwise the sources that name it report the mistake
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

// readConfigs merges the `config` of all layers.
func (v *vendor) readConfigs() {
	for _, c := range v.configs {
		if v.description != nil {
			merge(v.config, c.file.options(c.value, v.description.Settings))
		} else {
			merge(v.config, c.file.anyOptions(c.value))
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

// missing lists the settings that the vendor requires and that are not configured.
func (v *vendor) missing() []string {
	if v.description == nil {
		return nil
	}
	return slices.DeleteFunc(requiredNames(v.description.Settings), func(setting string) bool {
		_, ok := v.config[setting]
		return ok
	})
}

// digest reads the digits of a SHA-256, with or without the name of the algorithm. YAML may take the digits for a
// number.
func (d *document) digest(v value) catalog.Digest {
	if !d.want(v, ast.StringType, ast.LiteralType, ast.IntegerType, ast.FloatType) {
		return ""
	}
	digest, err := catalog.ParseDigest("sha256:" + strings.TrimPrefix(v.text(), "sha256:"))
	if err != nil {
		d.wrong(v, "want the 64 hex digits of a SHA-256, not %q", v.text())
	}
	return digest
}

// port reads the number of a TCP port.
func (d *document) port(v value) uint16 {
	number, err := strconv.ParseUint(v.text(), 10, 16)
	if !v.is(ast.IntegerType) || err != nil || number == 0 {
		d.wrong(v, "want the number of a port, from 1 to %d", math.MaxUint16)
	}
	return uint16(number)
}
