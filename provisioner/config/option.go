package config

import (
	"encoding/json"

	"github.com/goccy/go-yaml/ast"

	"github.com/rbee-keeper/provision/catalog/plainjson"
	"github.com/rbee-keeper/provision/provisioner"
)

// optionKinds is the table of the kinds of options: for each, the function that reads a value into what encoding/json
// encodes. An empty pattern is allowed alone, where it can mean none, but not among others, where it would match
// everything.
var optionKinds = map[provisioner.OptionKind]func(*document, value, provisioner.Option) any{
	provisioner.StringOption: func(d *document, v value, o provisioner.Option) any {
		switch {
		case len(o.Values) > 0:
			return d.text(v, oneOf(o.Values))
		case o.Required:
			return d.text(v, notEmpty)
		default:
			return d.text(v)
		}
	},
	provisioner.PatternOption: func(d *document, v value, _ provisioner.Option) any { return d.text(v, pattern) },
	provisioner.BoolOption:    func(d *document, v value, _ provisioner.Option) any { return d.truth(v) },
	provisioner.IntOption:     func(d *document, v value, _ provisioner.Option) any { return d.count(v) },
	provisioner.StringsOption: func(d *document, v value, _ provisioner.Option) any {
		return list(d, v, d.textBy())
	},
	provisioner.PatternsOption: func(d *document, v value, _ provisioner.Option) any {
		return list(d, v, d.textBy(notEmpty, pattern))
	},
	provisioner.MapOption: func(d *document, v value, _ provisioner.Option) any { return d.pairs(v) },
	provisioner.PatternMapOption: func(d *document, v value, _ provisioner.Option) any {
		return d.pairs(v, notEmpty, pattern)
	},
}

// options reads a mapping with the options that a vendor describes.
func (d *document) options(v value, schema []provisioner.Option, required ...string) map[string]any {
	values := map[string]any{}
	known := fields{}
	for _, o := range schema {
		known[o.Name] = func(v value) {
			if read, ok := optionKinds[o.Kind]; ok {
				values[o.Name] = read(d, v, o)
			} else {
				d.wrong(v, "its vendor declares the unknown kind %q for it", o.Kind)
			}
		}
	}
	d.mapping(v, known, required...)
	return values
}

// anyOptions reads a mapping for a vendor whose description is unknown.
func (d *document) anyOptions(v value) map[string]any {
	values := map[string]any{}
	d.anyMapping(v, func(e entry) { values[e.key] = e.plain() })
	return values
}

// pairs reads a mapping from names to strings, into the type that merge expects.
func (d *document) pairs(v value, rules ...rule) map[string]any {
	values := map[string]any{}
	d.anyMapping(v, func(e entry) { values[e.key] = d.text(e.value, rules...) })
	return values
}

// count reads an integer that is not negative.
func (d *document) count(v value) any {
	if !d.want(v, ast.IntegerType) {
		return nil
	}
	number := v.plain()
	if i, ok := number.(int64); ok && i < 0 {
		d.wrong(v, "must not be negative: %s", v.text())
	}
	return number
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

// merge puts the values of a later layer into dst: mappings merge, all others are replaced.
func merge(dst, later map[string]any) {
	for key, v := range later {
		below, isMap := dst[key].(map[string]any)
		above, areMaps := v.(map[string]any)
		if isMap && areMaps {
			merge(below, above)
		} else {
			dst[key] = v
		}
	}
}

// encode writes values as canonical JSON: keys are sorted, and patterns stay readable.
func encode(values map[string]any) json.RawMessage {
	data, err := plainjson.Marshal(values)
	if err != nil {
		panic("config: encode values of a YAML file: " + err.Error()) // nodeChecker refuses what JSON can't express
	}
	return data
}
