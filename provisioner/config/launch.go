package config

import (
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

func (d *document) launch(v value) *catalog.Launch {
	var l catalog.Launch
	d.mapping(v, fields{
		"args":  func(v value) { l.Args = list(d, v, d.textBy(template)) },
		"env":   func(v value) { l.Env = d.environment(v) },
		"dir":   func(v value) { l.Dir = d.text(v, template) },
		"ready": func(v value) { l.Ready = d.ready(v) },
	})
	return &l
}

func (d *document) ready(v value) *catalog.Ready {
	var r catalog.Ready
	d.mapping(v, fields{
		"http": func(v value) { r.HTTP = d.text(v, urlPath) },
		"timeout": func(v value) {
			if d.span(v, 1) > 0 {
				r.Timeout = v.text()
			}
		},
	}, "http")
	return &r
}

// environment reads the variables that a worker is started with.
func (d *document) environment(v value) map[string]string {
	variables := map[string]string{}
	d.anyMapping(v, func(e entry) {
		if e.key == "" || strings.Contains(e.key, "=") {
			d.errorf(e.keyAt, "malformed variable name %q", e.key)
		}
		variables[e.key] = d.text(e.value, template)
	})
	return variables
}
