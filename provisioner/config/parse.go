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

// Limits that no configuration comes near. They protect the parser, which is recursive, and slow on long mappings.
const (
	maxTokens = 50_000
	maxDepth  = 64  // of braces and brackets
	maxIndent = 256 // columns before the dash of a list's item
)

// unsupported are parts of YAML that a configuration does not need.
var unsupported = map[token.Type]string{
	token.AnchorType:     "anchors (&)",
	token.AliasType:      "aliases (*)",
	token.MergeKeyType:   "merge keys (<<)",
	token.TagType:        "tags (!)",
	token.DirectiveType:  "directives (%)",
	token.MappingKeyType: "explicit keys (?)",
}

// parse reads the content of a file into a document, and reports mistakes in its syntax there.
func parse(file string, data []byte) *document {
	d := &document{file: file}
	text := string(bytes.TrimPrefix(data, []byte("\ufeff"))) // editors on windows put it there
	if !d.checkText(text) {
		return d
	}
	tokens := lexer.Tokenize(text)
	if !d.checkTokens(tokens) {
		return d
	}
	parsed, err := parser.Parse(tokens, 0)
	if err != nil {
		d.addSyntaxError(err)
		return d
	}
	if len(parsed.Docs) > 0 && parsed.Docs[0].Body != nil {
		d.root = newValue("", parsed.Docs[0].Body)
		ast.Walk(nodeChecker{d}, d.root.node)
	}
	d.read = len(d.problems) == 0
	return d
}

func (d *document) addSyntaxError(err error) {
	problem := &Error{File: d.file, Message: err.Error(), Err: err}
	if e, ok := errors.AsType[yaml.Error](err); ok {
		at := positionOf(e.GetToken())
		problem.Line, problem.Column, problem.Message = at.Line, at.Column, e.GetMessage()
	}
	d.problems = append(d.problems, problem)
}

// checkText refuses bytes that are not text.
func (d *document) checkText(text string) bool {
	at := token.Position{Line: 1}
	for i, r := range text {
		at.Column++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			d.errorf(at, "not UTF-8: byte 0x%02x", text[i])
			return false
		case r == '\n':
			at = token.Position{Line: at.Line + 1}
		case r < ' ' && r != '\t' && r != '\r' || r == 0x7f:
			d.errorf(at, "control character %U", r)
			return false
		}
	}
	return true
}

// checkTokens refuses what is unsupported or too much.
func (d *document) checkTokens(tokens token.Tokens) bool {
	depth, seen, ended := 0, 0, false
	for _, t := range tokens {
		switch t.Type {
		case token.CommentType:
			continue
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		}
		at := positionOf(t)
		what, isUnsupported := unsupported[t.Type]
		switch {
		case isUnsupported:
			d.errorf(at, "%s are not supported; a string that starts so needs quotes", what)
			return false
		case ended, t.Type == token.DocumentHeaderType && seen > 0:
			d.errorf(at, "a second document; a configuration is one")
			return false
		case depth > maxDepth, t.Type == token.SequenceEntryType && at.Column > maxIndent:
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

// nodeChecker refuses nodes that JSON can't express: keys that are not strings, infinity, NUL.
type nodeChecker struct{ *document }

// Visit implements ast.Visitor.
func (c nodeChecker) Visit(n ast.Node) ast.Visitor {
	v := newValue("", n)
	switch n := n.(type) {
	case *ast.MappingNode:
	case *ast.MappingValueNode:
		if key := newValue("", n.Key); !key.is(ast.StringType) {
			c.errorf(key.at, "want a string as key, not %s; write %q", key.kind(), key.text())
		}
	case *ast.CommentGroupNode:
	default:
		switch {
		case kinds[n.Type()] == "":
			c.errorf(v.at, "unsupported value %s", v.text())
			return nil
		case strings.ContainsRune(v.text(), 0):
			c.errorf(v.at, "NUL character in a string")
		}
	}
	return c
}
