package config

// kind is what a value of a file is, worded for a message.
type kind string

const (
	nothing   kind = "" // a key without a value, or no key
	aString   kind = "a string"
	anInteger kind = "an integer"
	aNumber   kind = "a number"
	aBool     kind = "true or false"
	aList     kind = "a list"
	aMapping  kind = "a mapping"
)

// String is the wording.
func (k kind) String() string {
	if k == nothing {
		return "nothing"
	}
	return string(k)
}

// position is a place in a file, from 1.
type position struct{ line, column int }

// node is a value of a file, without the styles in which YAML can write it.
type node struct {
	at      position
	key     string // under which it stands, also as an item of a list; empty at the top
	kind    kind
	text    string  // a scalar's, as it was written
	value   any     // a scalar's: string, int64, uint64, float64 or bool
	items   []node  // of a list
	entries []entry // of a mapping, in order; the keys differ
}

// entry is a key of a mapping and its value.
type entry struct {
	at    position
	key   string
	value node
}

// has reports whether n is a mapping with this key.
func (n node) has(key string) bool {
	for _, e := range n.entries {
		if e.key == key {
			return true
		}
	}
	return false
}

// plain is n as what encoding/json makes an equal value of.
func (n node) plain() any {
	switch n.kind {
	case aMapping:
		values := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			values[e.key] = e.value.plain()
		}
		return values
	case aList:
		values := make([]any, len(n.items))
		for i, item := range n.items {
			values[i] = item.plain()
		}
		return values
	default:
		return n.value
	}
}
