package catalog

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Launch is the template of a worker's command line. Placeholders stand in braces; no shell reads any of it. Other
// braces are an argument's own.
type Launch struct {
	Args  []string          `json:"args,omitempty"`
	Env   map[string]string `json:"env,omitempty"`
	Dir   string            `json:"dir,omitempty"` // working folder; empty is the entry's own
	Ready *Ready            `json:"ready,omitempty"`
}

// Ready tells how to see that a launched worker serves.
type Ready struct {
	HTTP    string `json:"http"`              // path that answers 200
	Timeout string `json:"timeout,omitempty"` // a Go duration
}

// DefaultLaunch is the Rust hive's command line, with the health check of the worker contract.
func DefaultLaunch() Launch {
	return Launch{Args: []string{"--port", "{port}", "--queen-url", "{queen_url}"}, Ready: &Ready{HTTP: "/health"}}
}

// Placeholders lists what a template may leave to the hive. "{socket}" is the number of an open file that is the port's
// listening socket: where a worker takes one, nobody can take its port before it does.
func Placeholders() []string {
	return []string{"{host}", "{install_dir}", "{model}", "{port}", "{queen_url}", "{socket}", "{worker_id}"}
}

var placeholder = regexp.MustCompile(`\{[A-Za-z_][A-Za-z0-9_-]*\}`)

// PlaceholdersIn lists the placeholders of a text, known or not, in their order.
func PlaceholdersIn(text string) []string { return placeholder.FindAllString(text, -1) }

// texts are all parts of l that may hold placeholders.
func (l Launch) texts() []string {
	texts := append(slices.Clone(l.Args), l.Dir)
	for _, name := range slices.Sorted(maps.Keys(l.Env)) {
		texts = append(texts, l.Env[name])
	}
	return texts
}

// Uses reports whether a placeholder, such as "{model}", stands somewhere in l.
func (l Launch) Uses(placeholder string) bool {
	return slices.ContainsFunc(l.texts(), func(s string) bool { return strings.Contains(s, placeholder) })
}

// Validate returns an error unless every placeholder is known, every variable has a name that it can have, and the
// readiness check can be made.
func (l Launch) Validate() error {
	for _, text := range l.texts() {
		for _, p := range PlaceholdersIn(text) {
			if !slices.Contains(Placeholders(), p) {
				return fmt.Errorf("launch template has the unknown placeholder %s; known are %s", p,
					strings.Join(Placeholders(), " "))
			}
		}
		if strings.ContainsRune(text, 0) {
			return fmt.Errorf("launch template has a zero byte in %q", text)
		}
	}
	for name := range l.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return fmt.Errorf("launch template has the malformed variable name %q", name)
		}
	}
	if l.Ready == nil && l.Uses("{socket}") {
		return errors.New("launch template has {socket} and no `ready`: a socket that is handed over takes connections " +
			"from the beginning")
	}
	return l.Ready.validate()
}

func (r *Ready) validate() error {
	if r == nil {
		return nil
	}
	if !strings.HasPrefix(r.HTTP, "/") {
		return fmt.Errorf("launch template's readiness path %q does not start with /", r.HTTP)
	}
	if r.Timeout == "" {
		return nil
	}
	if span, err := time.ParseDuration(r.Timeout); err != nil || span <= 0 {
		return errors.New("launch template's readiness timeout is no time span such as 90s or 10m: " + r.Timeout)
	}
	return nil
}

// Expand puts values, by placeholder, in their places. An argument that is nothing but a placeholder with an empty
// value is left out, and so is the flag before it: `--queen-url {queen_url}` vanishes where there is no queen. A
// placeholder without any value is an error.
func (l Launch) Expand(values map[string]string) (Launch, error) {
	if err := l.Validate(); err != nil {
		return Launch{}, err
	}
	for _, p := range Placeholders() {
		if _, ok := values[p]; !ok && l.Uses(p) {
			return Launch{}, fmt.Errorf("launch template needs %s, for which there is no value", p)
		}
	}
	fill := func(s string) string {
		return placeholder.ReplaceAllStringFunc(s, func(p string) string { return values[p] })
	}
	out := Launch{Dir: fill(l.Dir), Ready: l.Ready, Env: make(map[string]string, len(l.Env))}
	for name, text := range l.Env {
		out.Env[name] = fill(text)
	}
	for i, arg := range l.Args {
		value, isBare := values[arg]
		switch {
		case !isBare || value != "":
			out.Args = append(out.Args, fill(arg))
		case i > 0 && strings.HasPrefix(l.Args[i-1], "-") && len(out.Args) > 0:
			out.Args = out.Args[:len(out.Args)-1]
		}
	}
	return out, nil
}
