package partial

import (
	"net/http"
	"strings"
	"time"
)

// ValidatorOf returns the header that identifies this version of a file, byte for byte, or "" if there is none:
//   - a strong ETag; a weak one does not promise the same bytes.
//   - a Last-Modified that is at least one second older than the answer, since no later change can have the same time
//     then (RFC 9110, section 8.8.2.2).
func ValidatorOf(h http.Header) string {
	if etag := h.Get("ETag"); strings.HasPrefix(etag, `"`) && isValidator(etag) {
		return etag
	}
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil {
		return ""
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		date = time.Now()
	}
	if date.Sub(modified) < time.Second {
		return ""
	}
	return h.Get("Last-Modified")
}

// isValidator reports whether v is of a form that ValidatorOf returns.
func isValidator(v string) bool {
	for _, c := range []byte(v) {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		return true
	}
	_, err := http.ParseTime(v)
	return err == nil
}
