package transfer

import (
	"fmt"
	"strconv"
	"strings"
)

// contentRange is a Content-Range header (RFC 9110, section 14.4): "bytes 5-9/10", "bytes 5-9/*" or "bytes */10".
type contentRange struct {
	first, last int64 // inclusive; -1 if the range is "*"
	total       int64 // -1 if unknown
}

func parseContentRange(s string) (contentRange, error) {
	malformed := fmt.Errorf("malformed Content-Range %.80q", s)
	unit, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	span, size, ok := strings.Cut(rest, "/")
	if !strings.EqualFold(unit, "bytes") || !ok {
		return contentRange{}, malformed
	}
	r := contentRange{first: -1, last: -1, total: -1}
	var err error
	if size != "*" {
		if r.total, err = parseCount(size); err != nil {
			return contentRange{}, malformed
		}
	}
	if span == "*" {
		return r, nil
	}
	first, last, _ := strings.Cut(span, "-")
	if r.first, err = parseCount(first); err != nil {
		return contentRange{}, malformed
	}
	if r.last, err = parseCount(last); err != nil || r.last < r.first || r.total >= 0 && r.last >= r.total {
		return contentRange{}, malformed
	}
	return r, nil
}

// parseCount parses decimal digits only; strconv.ParseInt would also accept a sign.
func parseCount(s string) (int64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 63)
	return int64(n), err
}
