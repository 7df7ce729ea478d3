package config

import (
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

func (d *document) launch(n node) *catalog.Launch {
	var l catalog.Launch
	d.mapping(n, fields{
		"args":  func(n node) { l.Args = list(d, n, d.template) },
		"env":   func(n node) { l.Env = d.environment(n) },
		"dir":   func(n node) { l.Dir = d.template(n) },
		"ready": func(n node) { l.Ready = d.ready(n) },
	})
	return &l
}

func (d *document) ready(n node) *catalog.Ready {
	var r catalog.Ready
	d.mapping(n, fields{
		"http": func(n node) { r.HTTP = d.urlPath(n) },
		"timeout": func(n node) {
			if d.span(n, 1) > 0 {
				r.Timeout = n.text
			}
		},
	}, "http")
	return &r
}

// template reads a string with placeholders.
func (d *document) template(n node) string {
	s := d.text(n)
	for _, p := range catalog.PlaceholdersIn(s) {
		if known := catalog.Placeholders(); !slices.Contains(known, p) {
			d.wrong(n, "%s", unknown("placeholder", p, known))
		}
	}
	return s
}

// environment reads the variables that a worker is started with.
func (d *document) environment(n node) map[string]string {
	variables := make(map[string]string, len(n.entries))
	d.anyMapping(n, func(e entry) {
		if e.key == "" || strings.Contains(e.key, "=") {
			d.errorf(e.at, "malformed variable name %q", e.key)
		}
		variables[e.key] = d.template(e.value)
	})
	return variables
}

func (d *document) urlPath(n node) string {
	s := d.text(n)
	if n.kind == aString && !strings.HasPrefix(s, "/") {
		d.wrong(n, "want a path that starts with /, not %q", s)
	}
	return s
}
