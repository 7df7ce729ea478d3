package report

import (
	"fmt"
	"slices"
	"strings"
)

// Bytes formats a number of bytes with a unit of powers of 1000.
func Bytes(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1000, 0
	for value >= 999.95 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", value, units[unit])
}

// Join joins the parts that are not empty.
func Join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), sep)
}

// Parenthesise puts a text in parentheses, unless it is empty.
func Parenthesise(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// YesNo has the words for a condition.
var YesNo = map[bool]string{true: "yes", false: "no"}
