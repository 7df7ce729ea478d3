package plugins

import (
	"io"
	"log/slog"
	"os"
	"strings"
)

// realStderr is stderr as the program was started with it: while a vendor is served, os.Stderr is another, which may
// lose lines.
var realStderr = os.Stderr

// Logger writes what a vendor logs to stderr so that its levels and attributes reach the host, as JSON lines that
// go-plugin and hclog understand. Debugging is left out unless the vendor sets another level. What a user must see is
// an error or progress instead: logs are shown when the vendor fails.
func Logger() *slog.Logger { return newLogger(realStderr) }

func newLogger(to io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{ReplaceAttr: asHclog}))
}

// hclogKeys are hclog's names of what every line has.
var hclogKeys = map[string]string{slog.TimeKey: "@timestamp", slog.LevelKey: "@level", slog.MessageKey: "@message"}

func asHclog(groups []string, a slog.Attr) slog.Attr {
	key, ok := hclogKeys[a.Key]
	if !ok || len(groups) > 0 {
		return a
	}
	if level, ok := a.Value.Any().(slog.Level); ok {
		a.Value = slog.StringValue(strings.ToLower(level.String()))
	}
	a.Key = key
	return a
}
