// Package lazyregexp puts off compiling a package's patterns until they are needed: a host has the built-in vendors in
// it, and most of its runs ask none of them.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns a function that returns a pattern, compiled when it is first called. It panics then if the pattern is
// malformed.
func New(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
