package config

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// document is the file of a layer, and the mistakes that were found in it. Its methods read values: they report a value
// that is wrong and then return a zero value or what was given.
type document struct {
	file        string
	read        bool // its syntax is right, and root is its content
	root        value
	workers     value // of root; read when the vendors of all layers are known
	problems    []*Error
	uninstalled []string // vendors that sources name and that do not exist
}

func (d *document) errorf(at token.Position, format string, args ...any) {
	problem := &Error{File: d.file, Line: at.Line, Column: at.Column, Message: fmt.Sprintf(format, args...)}
	d.problems = append(d.problems, problem)
}

// wrong reports a mistake in a value, with the key that the value stands under.
func (d *document) wrong(v value, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if v.key != "" {
		message = v.key + ": " + message
	}
	d.errorf(v.at, "%s", message)
}

// want reports whether v has one of the types. If not, that is a mistake.
func (d *document) want(v value, types ...ast.NodeType) bool {
	if v.is(types...) {
		return true
	}
	hint := ""
	if types[0] == ast.StringType && v.is(ast.IntegerType, ast.FloatType, ast.BoolType) {
		hint = fmt.Sprintf("; write %q", v.text())
	}
	d.wrong(v, "want %s, not %s%s", kinds[types[0]], v.kind(), hint)
	return false
}

// fields are the keys that a mapping may have, each with the function that reads its value.
type fields map[string]func(value)

// mapping reads a mapping. A value that is not given counts as an empty mapping.
func (d *document) mapping(v value, known fields, required ...string) {
	if !d.want(v, ast.MappingType, ast.NullType) {
		return
	}
	given := map[string]bool{}
	for _, e := range v.entries() {
		given[e.key] = true
		if read, ok := known[e.key]; ok {
			read(e.value)
		} else {
			d.errorf(e.keyAt, "%s", unknown("key", e.key, slices.Sorted(maps.Keys(known))))
		}
	}
	for _, key := range required {
		if !given[key] {
			d.wrong(v, "missing key %q", key)
		}
	}
}

// anyMapping reads a mapping whose keys the user chooses.
func (d *document) anyMapping(v value, read func(entry)) {
	d.want(v, ast.MappingType, ast.NullType)
	for _, e := range v.entries() {
		read(e)
	}
}

// list reads a list with a function that reads an item.
func list[T any](d *document, v value, read func(value) T) []T {
	values := []T{}
	if d.want(v, ast.SequenceType) {
		for _, item := range v.node.(*ast.SequenceNode).Values {
			values = append(values, read(newValue(v.key, item)))
		}
	}
	return values
}

// text reads a string and checks it. Only the first rule that it breaks is reported.
func (d *document) text(v value, rules ...rule) string {
	if !d.want(v, ast.StringType, ast.LiteralType) {
		return ""
	}
	for _, wrong := range rules {
		if message := wrong(v.text()); message != "" {
			d.wrong(v, "%s", message)
			break
		}
	}
	return v.text()
}

// textBy returns a function that reads a string and checks it, for list and pairs.
func (d *document) textBy(rules ...rule) func(value) string {
	return func(v value) string { return d.text(v, rules...) }
}

// truth reads true or false.
func (d *document) truth(v value) bool {
	b, ok := v.node.(*ast.BoolNode)
	return d.want(v, ast.BoolType) && ok && b.Value
}

// span reads a time span as Go writes it, for example 90s. The hint to quote a number would not help: it lacks the
// unit.
func (d *document) span(v value, least time.Duration) time.Duration {
	if !d.want(v, ast.StringType, ast.LiteralType, ast.IntegerType, ast.FloatType) {
		return 0
	}
	span, err := time.ParseDuration(v.text())
	if err != nil || span < least {
		d.wrong(v, "want a time span such as 90s or 10m, not %q", v.text())
		return 0
	}
	return span
}
