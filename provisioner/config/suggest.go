package config

import (
	"fmt"
	"strings"
)

// unknown returns the message for an unknown name. It suggests the most similar known name, or else lists all of them.
func unknown(what, got string, known []string) string {
	for limit := 1; limit <= 2; limit++ {
		for _, name := range known {
			if len(name) > 2*limit && distance(got, name, limit) <= limit {
				return fmt.Sprintf("unknown %s %q; did you mean %q?", what, got, name)
			}
		}
	}
	if len(known) == 0 {
		return fmt.Sprintf("unknown %s %q; none is known here", what, got)
	}
	return fmt.Sprintf("unknown %s %q; known: %s", what, got, strings.Join(known, ", "))
}

// distance is the Levenshtein distance of two strings: how many bytes to insert, delete or replace. If it is more than
// limit, the result may be any number above limit.
func distance(a, b string, limit int) int {
	if max(len(a), len(b))-min(len(a), len(b)) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
