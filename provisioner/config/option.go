package config

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
)

// options reads a mapping by a vendor's schema.
func (d *document) options(n node, schema []provisioner.Option, required ...string) map[string]any {
	values := map[string]any{}
	known := fields{}
	for _, o := range schema {
		known[o.Name] = func(n node) { values[o.Name] = d.option(n, o) }
	}
	d.mapping(n, known, required...)
	return values
}

// anyOptions reads a mapping for a vendor that nobody has described yet.
func (d *document) anyOptions(n node) map[string]any {
	values := map[string]any{}
	d.anyMapping(n, func(e entry) { values[e.key] = e.value.plain() })
	return values
}

// option reads the value of one option into what encoding/json makes an equal value of.
func (d *document) option(n node, o provisioner.Option) any {
	switch o.Kind {
	case provisioner.StringOption:
		return d.stringOption(n, o)
	case provisioner.PatternOption:
		return d.pattern(n)
	case provisioner.BoolOption:
		return d.truth(n)
	case provisioner.IntOption:
		return d.count(n)
	case provisioner.StringsOption:
		return list(d, n, d.text)
	case provisioner.MapOption:
		return d.strings(n, d.text)
	case provisioner.PatternsOption:
		return list(d, n, d.fullPattern)
	case provisioner.PatternMapOption:
		return d.strings(n, d.fullPattern)
	default:
		d.wrong(n, "its vendor declares it of the unknown kind %q", o.Kind)
		return nil
	}
}

func (d *document) stringOption(n node, o provisioner.Option) string {
	switch {
	case len(o.Values) > 0:
		return d.oneOf(n, o.Values)
	case o.Required:
		return d.name(n)
	default:
		return d.text(n)
	}
}

// strings reads a mapping to strings; its values are of any, as merge wants it.
func (d *document) strings(n node, read func(node) string) map[string]any {
	values := map[string]any{}
	d.anyMapping(n, func(e entry) { values[e.key] = read(e.value) })
	return values
}

// pattern reads a regular expression; an empty one may stand for none.
func (d *document) pattern(n node) string { return d.compile(n, d.text(n)) }

// fullPattern reads one that is not empty: among others it would match everything.
func (d *document) fullPattern(n node) string { return d.compile(n, d.name(n)) }

func (d *document) compile(n node, s string) string {
	if _, err := regexp.Compile(s); err != nil {
		d.wrong(n, "malformed pattern: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return s
}

// count reads an integer that isn't negative.
func (d *document) count(n node) any {
	if n.kind != anInteger {
		d.wrong(n, "want an integer, not %s", n.kind)
	} else if i, ok := n.value.(int64); ok && i < 0 {
		d.wrong(n, "must not be negative: %s", n.text)
	}
	return n.value
}

func requiredNames(schema []provisioner.Option) []string {
	var names []string
	for _, o := range schema {
		if o.Required {
			names = append(names, o.Name)
		}
	}
	return names
}

// merge lays the values of a later layer over dst: mappings merge, all else is replaced.
func merge(dst, later map[string]any) {
	for key, value := range later {
		below, isMap := dst[key].(map[string]any)
		above, areMaps := value.(map[string]any)
		if isMap && areMaps {
			merge(below, above)
		} else {
			dst[key] = value
		}
	}
}

// encode writes values as canonical JSON: keys sorted, and patterns left readable.
func encode(values map[string]any) json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(values); err != nil {
		panic("config: encode values of a YAML file: " + err.Error()) // only strings, finite numbers, bools and their likes
	}
	return bytes.TrimSpace(b.Bytes())
}
