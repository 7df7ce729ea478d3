package wellformed

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
)

var (
	vendorName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	optionName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	variable   = regexp.MustCompile(`^[^=\s\x00]+$`) // for example ProgramFiles(x86)
)

const maxNameLength = 64 // bytes

// Name checks the name of a vendor.
func Name(name string) error {
	if !vendorName.MatchString(name) || len(name) > maxNameLength {
		return fmt.Errorf("the name %q is not lower-case words joined by hyphens (at most %d bytes)",
			name, maxNameLength)
	}
	return nil
}

// Options checks the options of `with` and `config`.
func Options(d provisioner.Description) error {
	for _, s := range schemas(d, &provisioner.Query{}) {
		seen := map[string]bool{}
		for _, o := range s.options {
			if err := option(o, s.name); err != nil {
				return fmt.Errorf("option %q of `%s`: %w", o.Name, s.name, err)
			}
			if seen[o.Name] {
				return fmt.Errorf("`%s` has the option %q twice", s.name, o.Name)
			}
			seen[o.Name] = true
		}
	}
	return nil
}

func option(o provisioner.Option, in string) error {
	switch {
	case !optionName.MatchString(o.Name):
		return errors.New("the name is not made of lower-case words joined by underscores")
	case wrongValues[o.Kind] == nil:
		return fmt.Errorf("the kind %q is unknown", o.Kind)
	case !isOneLine(o.Help):
		return errors.New("the help is not one line")
	case len(o.Values) > 0 && o.Kind != provisioner.StringOption:
		return errors.New("only a string can have a list of values")
	case o.NamesEnv && in == "with":
		return errors.New("only a setting of `config` can name environment variables")
	case o.NamesEnv && o.Kind != provisioner.StringsOption:
		return errors.New("only a list of strings can name environment variables")
	default:
		return nil
	}
}

// Needs checks the names of the variables and tools that a vendor needs.
func Needs(n provisioner.Needs) error {
	for _, name := range n.Env {
		if !variable.MatchString(name) {
			return fmt.Errorf("%q is not the name of an environment variable", name)
		}
	}
	for _, tool := range n.Tools {
		if !isBaseName(tool) || strings.Contains(tool, " ") {
			return fmt.Errorf("%q is not the name of a program in PATH", tool)
		}
	}
	return nil
}

// isBaseName reports whether a name is one element of a path on any platform.
func isBaseName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\\x00")
}

// isOneLine reports whether a text is one line that is not blank.
func isOneLine(text string) bool {
	return strings.TrimSpace(text) != "" && !strings.ContainsAny(text, "\r\n")
}
