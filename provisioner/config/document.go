package config

import (
	"fmt"
	"maps"
	"slices"
)

// document is a layer's file, and what is wrong with it.
type document struct {
	file        string
	read        bool // its syntax is right, and root is what it says
	root        node
	workers     node // of root; looked at when the vendors of all layers are known
	problems    []*Error
	uninstalled []string // vendors that sources name and that there are not
}

func (d *document) errorf(at position, format string, args ...any) {
	problem := &Error{File: d.file, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)}
	d.problems = append(d.problems, problem)
}

// wrong notes that n is not what it has to be. The key that it stands under is told with it.
func (d *document) wrong(n node, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if n.key != "" {
		message = n.key + ": " + message
	}
	d.errorf(n.at, "%s", message)
}

// fields are the keys that a mapping may have, each with what reads its value.
type fields map[string]func(node)

// mapping reads a mapping, where nothing is an empty one.
func (d *document) mapping(n node, known fields, required ...string) {
	if n.kind != aMapping && n.kind != nothing {
		d.wrong(n, "want a mapping, not %s", n.kind)
		return
	}
	for _, e := range n.entries {
		if read, ok := known[e.key]; ok {
			read(e.value)
		} else {
			d.errorf(e.at, "%s", unknown("key", e.key, slices.Sorted(maps.Keys(known))))
		}
	}
	for _, key := range required {
		if !n.has(key) {
			d.wrong(n, "missing key %q", key)
		}
	}
}

// anyMapping reads a mapping whose keys are names that the user chooses.
func (d *document) anyMapping(n node, read func(entry)) {
	if n.kind != aMapping && n.kind != nothing {
		d.wrong(n, "want a mapping, not %s", n.kind)
	}
	for _, e := range n.entries {
		read(e)
	}
}

// list reads a list by its items.
func list[T any](d *document, n node, read func(node) T) []T {
	if n.kind != aList {
		d.wrong(n, "want a list, not %s", n.kind)
	}
	values := make([]T, 0, len(n.items))
	for _, item := range n.items {
		values = append(values, read(item))
	}
	return values
}

// text reads a string; what YAML takes for something else has to be quoted.
func (d *document) text(n node) string {
	switch n.kind {
	case aString:
	case anInteger, aNumber, aBool:
		d.wrong(n, "want a string, not %s; write %q", n.kind, n.text)
	default:
		d.wrong(n, "want a string, not %s", n.kind)
	}
	return n.text
}

// name reads a string that isn't empty.
func (d *document) name(n node) string {
	s := d.text(n)
	if n.kind == aString && s == "" {
		d.wrong(n, "must not be empty")
	}
	return s
}

// oneOf reads a string that is one of values.
func (d *document) oneOf(n node, values []string) string {
	s := d.text(n)
	if n.kind == aString && !slices.Contains(values, s) {
		d.wrong(n, "%s", unknown("value", s, values))
	}
	return s
}

// truth reads true or false.
func (d *document) truth(n node) bool {
	b, ok := n.value.(bool)
	if !ok {
		d.wrong(n, "want true or false, not %s", n.kind)
	}
	return b
}
