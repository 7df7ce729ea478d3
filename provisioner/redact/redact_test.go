package redact

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestURL_dropsWhatMayBeSecret(t *testing.T) {
	require.Equal(t, "https://h.test/p", URL("https://u:secret@h.test/p?secret#secret"))
	require.Equal(t, "(malformed address)", URL("http://h\x7f/secret"))
}

func TestText_dropsSecretsOfEveryURL(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"no address, 3:4@5 o'clock? #1":     "no address, 5 o'clock? #1",
		"https://u:secret@h.test/p?secret":  "https://h.test/p",
		"ssh://u:secret@h/a http://h#x b":   "ssh://h/a http://h b",
		"get https://h.test/p?a=b: refused": "get https://h.test/p refused",
		"user:secret@h.test/p":              "h.test/p",
		"git@h.test:p":                      "git@h.test:p",
		"http://h\x7f?secret":               "http://h\x7f",
	} {
		require.Equal(t, want, Text(text), text)
	}
}
