package config

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What no configuration comes near, and the parser must not be asked for: it recurses, and is slow on long mappings.
const (
	maxTokens = 50_000
	maxDepth  = 64  // of braces and brackets
	maxIndent = 256 // columns before the dash of a list's item
)

// unsupported are parts of YAML that a configuration does without.
var unsupported = map[token.Type]string{
	token.AnchorType:     "anchors (&)",
	token.AliasType:      "aliases (*)",
	token.MergeKeyType:   "merge keys (<<)",
	token.TagType:        "tags (!)",
	token.DirectiveType:  "directives (%)",
	token.MappingKeyType: "explicit keys (?)",
}

// parse reads a file's bytes into a document, and notes there what is wrong with their syntax.
func parse(file string, data []byte) *document {
	d := &document{file: file}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // editors on windows put it there
	if !d.checkText(data) {
		return d
	}
	tokens := lexer.Tokenize(string(data))
	if !d.checkTokens(tokens) {
		return d
	}
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // which convert finds
	if err != nil {
		d.refuseSyntax(err)
		return d
	}
	if len(parsed.Docs) > 0 {
		d.root = d.convert("", parsed.Docs[0].Body)
	}
	d.read = true
	return d
}

func (d *document) refuseSyntax(err error) {
	problem := &Error{File: d.file, Message: err.Error(), Err: err}
	if e, ok := errors.AsType[yaml.Error](err); ok {
		at := positionOf(e.GetToken())
		problem.Line, problem.Column, problem.Message = at.line, at.column, e.GetMessage()
	}
	d.problems = append(d.problems, problem)
}

// checkText refuses bytes that are no text.
func (d *document) checkText(data []byte) bool {
	at := position{1, 1}
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			d.errorf(at, "not UTF-8: byte 0x%02x", data[0])
			return false
		case r == '\n':
			at = position{at.line + 1, 0}
		case r < ' ' && r != '\t' && r != '\r' || r == 0x7f:
			d.errorf(at, "control character %U", r)
			return false
		}
		at.column++
		data = data[size:]
	}
	return true
}

// checkTokens refuses what is unsupported or excessive.
func (d *document) checkTokens(tokens token.Tokens) bool {
	depth, seen, ended := 0, 0, false
	for _, t := range tokens {
		if t.Type == token.CommentType {
			continue
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		}
		at := positionOf(t)
		what, refused := unsupported[t.Type]
		switch {
		case refused:
			d.errorf(at, "%s are not supported; a string that starts so needs quotes", what)
			return false
		case ended, t.Type == token.DocumentHeaderType && seen > 0:
			d.errorf(at, "a second document; a configuration is one")
			return false
		case depth > maxDepth, t.Type == token.SequenceEntryType && at.column > maxIndent:
			d.errorf(at, "nested too deep")
			return false
		case seen == maxTokens:
			d.errorf(at, "too long: more than %d words and signs", maxTokens)
			return false
		}
		ended = t.Type == token.DocumentEndType
		seen++
	}
	return true
}

// convert makes a node of n, which stands under key.
func (d *document) convert(key string, n ast.Node) node {
	out := node{key: key}
	if n == nil {
		return out
	}
	out.at, out.text = positionOf(n.GetToken()), n.GetToken().Value
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		d.setString(&out, n.Value)
	case *ast.LiteralNode:
		d.setString(&out, n.Value.Value)
	case *ast.BoolNode:
		out.kind, out.value = aBool, n.Value
	case *ast.IntegerNode:
		out.kind, out.value = anInteger, n.Value
	case *ast.FloatNode:
		out.kind, out.value = aNumber, n.Value // finite: beyond that it is a StringNode
	case *ast.SequenceNode:
		out.kind = aList
		for _, item := range n.Values {
			out.items = append(out.items, d.convert(key, item))
		}
	case *ast.MappingNode:
		out.kind, out.entries = aMapping, d.convertEntries(n)
		if !n.IsFlowStyle && len(n.Values) > 0 { // its token is the first colon
			out.at = positionOf(n.Values[0].Key.GetToken())
		}
	default:
		d.errorf(out.at, "unsupported value %s", out.text)
	}
	return out
}

func (d *document) setString(n *node, s string) {
	n.kind, n.text, n.value = aString, s, s
	if strings.ContainsRune(s, 0) {
		d.errorf(n.at, "NUL character in a string")
	}
}

func (d *document) convertEntries(n *ast.MappingNode) []entry {
	var entries []entry
	lines := map[string]int{}
	for _, v := range n.Values {
		key := d.convert("", v.Key)
		if key.kind != aString {
			d.errorf(key.at, "want a string as key, not %s; write %q", key.kind, key.text)
			continue
		}
		if line, ok := lines[key.text]; ok {
			d.errorf(key.at, "duplicate key %q; it stands in line %d", key.text, line)
			continue
		}
		lines[key.text] = key.at.line
		value := d.convert(key.text, v.Value)
		if value.kind == nothing {
			value.at = key.at
		}
		entries = append(entries, entry{at: key.at, key: key.text, value: value})
	}
	return entries
}

// positionOf is where a token stands; some errors of the parser have none.
func positionOf(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{1, 1}
	}
	return position{t.Position.Line, t.Position.Column}
}
