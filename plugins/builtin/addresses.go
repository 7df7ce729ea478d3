package builtin

import (
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// webPorts are what a vendor that needs the network may connect to in any case: web servers, and name servers whose
// answer is too long for UDP.
var webPorts = []uint16{53, 80, 443}

// schemePorts are the ports of addresses that name none.
var schemePorts = map[string]uint16{
	"http": 80, "https": 443, "ssh": 22, "git+ssh": 22, "git": 9418, "ftp": 21, "socks5": 1080, "socks5h": 1080,
	"socks4": 1080,
}

// addresses are where texts lead that a user wrote.
type addresses struct {
	ports []uint16 // of URLs
	paths []string // absolute ones, and those of file URLs
}

// addressesOf looks through all strings of JSON documents. What leads to the network tells its port, what leads to this
// machine's files its path.
func addressesOf(documents ...json.RawMessage) (a addresses) {
	for _, document := range documents {
		var value any
		if json.Unmarshal(document, &value) == nil {
			a.collect(value)
		}
	}
	return a
}

func (a *addresses) collect(value any) {
	switch value := value.(type) {
	case string:
		a.add(value)
	case []any:
		for _, item := range value {
			a.collect(item)
		}
	case map[string]any:
		for _, item := range value {
			a.collect(item)
		}
	}
}

func (a *addresses) add(text string) {
	if filepath.IsAbs(text) {
		a.paths = append(a.paths, text)
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
	case u.Scheme == "file":
		a.paths = append(a.paths, filepath.FromSlash(u.Path))
	case u.Host != "":
		if port, ok := portOf(u); ok {
			a.ports = append(a.ports, port)
		}
	}
}

func portOf(u *url.URL) (uint16, bool) {
	if u.Port() == "" {
		port, ok := schemePorts[strings.ToLower(u.Scheme)]
		return port, ok
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return uint16(port), err == nil && port > 0
}

// portsOfVariables are the ports of the addresses that are values of environment variables, such as those of proxies:
// lists of URLs, or for a proxy "host:port" alone.
func portsOfVariables(env []string) []uint16 {
	var a addresses
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		for _, text := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '|' || r == ' ' }) {
			if _, _, err := net.SplitHostPort(text); err == nil && strings.HasSuffix(strings.ToLower(name), "_proxy") {
				text = "http://" + text
			}
			if strings.Contains(text, "://") {
				a.add(text)
			}
		}
	}
	return a.ports
}

// expand makes absolute paths of those that begin with "~/" or with an environment variable, which may hold a list of
// them. What can't be expanded is left out.
func expand(paths []string) []string {
	var expanded []string
	for _, path := range paths {
		for _, base := range basesOf(path) {
			if filepath.IsAbs(base) {
				expanded = append(expanded, filepath.Clean(base))
			}
		}
	}
	return expanded
}

func basesOf(path string) []string {
	if below, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		return []string{filepath.Join(home, below)}
	}
	name, isVariable := strings.CutPrefix(path, "$")
	if !isVariable {
		return []string{path}
	}
	name, below, _ := strings.Cut(name, "/")
	var bases []string
	for _, base := range filepath.SplitList(os.Getenv(name)) {
		bases = append(bases, filepath.Join(base, below))
	}
	return bases
}
