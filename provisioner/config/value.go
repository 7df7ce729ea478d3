package config

import (
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// value is a value of a file. The zero value stands for a key that the file does not have.
type value struct {
	node ast.Node // nil or an *ast.NullNode if nothing is given
	key  string   // the key that it stands under, also for an item of a list; empty at the top
	at   token.Position
}

// entry is a key of a mapping and its value.
type entry struct {
	value
	keyAt token.Position
}

// newValue makes the value of a node that stands under a key. A mapping in several lines is at its first key: its own
// token is the first colon.
func newValue(key string, node ast.Node) value {
	v := value{node: node, key: key}
	if node == nil {
		return v
	}
	v.at = positionOf(node.GetToken())
	if m, ok := node.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		v.at = positionOf(m.Values[0].Key.GetToken())
	}
	return v
}

// positionOf returns where a token stands. Some errors of the parser have no token: then it is the beginning of the
// file.
func positionOf(t *token.Token) token.Position {
	if t == nil || t.Position == nil {
		return token.Position{Line: 1, Column: 1}
	}
	return *t.Position
}

// kinds names the types of nodes in messages. A file with any other type is refused.
var kinds = map[ast.NodeType]string{
	ast.NullType:     "nothing",
	ast.StringType:   "a string",
	ast.LiteralType:  "a string",
	ast.IntegerType:  "an integer",
	ast.FloatType:    "a number",
	ast.BoolType:     "true or false",
	ast.SequenceType: "a list",
	ast.MappingType:  "a mapping",
}

// is reports whether the value has one of the types.
func (v value) is(types ...ast.NodeType) bool {
	for _, t := range types {
		if v.node != nil && v.node.Type() == t || v.node == nil && t == ast.NullType {
			return true
		}
	}
	return false
}

func (v value) kind() string {
	if v.node == nil {
		return kinds[ast.NullType]
	}
	return kinds[v.node.Type()]
}

// text returns the text of a string, or a number or bool as it is written in the file.
func (v value) text() string {
	switch n := v.node.(type) {
	case nil:
		return ""
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	default:
		return n.GetToken().Value
	}
}

// entries lists the keys and values of a mapping in their order. A value that is not given is at its key.
func (v value) entries() []entry {
	var list []entry
	if m, ok := v.node.(*ast.MappingNode); ok {
		for _, pair := range m.Values {
			key := newValue("", pair.Key)
			e := entry{newValue(key.text(), pair.Value), key.at}
			if e.is(ast.NullType) {
				e.at = key.at
			}
			list = append(list, e)
		}
	}
	return list
}

// plain returns the value as encoding/json encodes it: with strings, numbers, bools, []any and map[string]any.
func (v value) plain() (plain any) {
	if v.node == nil {
		return nil
	}
	if err := yaml.NodeToValue(v.node, &plain); err != nil {
		panic("config: decode a value that was checked: " + err.Error())
	}
	return plain
}
