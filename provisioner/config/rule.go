package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// rule checks a string. It returns what is wrong with it, or nothing.
type rule func(string) string

// unless returns the message if the condition is false.
func unless(ok bool, format string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

func notEmpty(s string) string { return unless(s != "", "must not be empty") }

func oneOf(values []string) rule {
	return func(s string) string {
		if slices.Contains(values, s) {
			return ""
		}
		return unknown("value", s, values)
	}
}

func absolutePath(s string) string {
	return unless(filepath.IsAbs(s),
		"want an absolute path, not %q: nothing is looked up in PATH or the working folder", s)
}

func absoluteOrHomePath(s string) string {
	return unless(filepath.IsAbs(s) || strings.HasPrefix(s, "~/"),
		`want an absolute path, or one that begins with "~/", not %q`, s)
}

func urlPath(s string) string {
	return unless(strings.HasPrefix(s, "/"), "want a path that starts with /, not %q", s)
}

// executableName is the rule of the key `binary`.
func executableName(s string) string {
	if s == "." || s == ".." || strings.ContainsAny(s, `/\`) {
		return fmt.Sprintf("want a file's name without folders, not %q", s)
	}
	return unless(!strings.HasSuffix(strings.ToLower(s), ".exe"), "leave .exe off %q; it is added on windows", s)
}

func variableName(s string) string {
	return unless(!strings.Contains(s, "="), "want a variable's name, without a value")
}

func pattern(s string) string {
	if _, err := regexp.Compile(s); err != nil {
		return "malformed pattern: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	}
	return ""
}

// template is the rule of strings with placeholders.
func template(s string) string {
	known := catalog.Placeholders()
	for _, p := range catalog.PlaceholdersIn(s) {
		if !slices.Contains(known, p) {
			return unknown("placeholder", p, known)
		}
	}
	return ""
}
